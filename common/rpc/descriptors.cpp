#include "common/rpc/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

namespace entente::rpc {

AscendingDescriptors::AscendingDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1024;
  // The kernel's table is as long as the highest number in use: 65,536 entries are half a megabyte.
  x_end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  x_first = x_next = x_end / 4;
}

UniqueFd AscendingDescriptors::renumber(UniqueFd fd) {
  if (x_next >= x_end) x_next = x_first;
  int number = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, x_next);
  if (number < 0 && x_next != x_first) number = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, x_first);  // all above are taken
  if (number >= 0) x_next = number + 1;
  return UniqueFd(number);
}

}  // namespace entente::rpc
