#include "common/rpc/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

namespace entente::rpc {

AscendingDescriptors::AscendingDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1024;
  // The kernel's table is as long as the highest number in use: 65,536 entries are half a megabyte.
  end_ = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  first_ = next_ = end_ / 4;
}

UniqueFd AscendingDescriptors::renumber(UniqueFd fd) {
  if (next_ >= end_) next_ = first_;
  int number = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, next_);
  if (number < 0 && next_ != first_) number = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, first_);  // all above are taken
  if (number >= 0) next_ = number + 1;
  return UniqueFd(number);
}

}  // namespace entente::rpc
