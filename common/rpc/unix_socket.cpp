#include "common/rpc/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace entente::rpc {
namespace {

namespace fs = std::filesystem;

Result<sockaddr_un> address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    return Error(Errc::invalid_argument, "socket " + path.string() + ": a Unix socket's path has at most " +
                                             std::to_string(sizeof address.sun_path - 1) +
                                             " bytes; choose a shorter one");
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

UniqueFd new_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

// Removes what a process that was killed has left behind; whatever else is at the path stays and is an error.
Status remove_stale(const fs::path& path, const sockaddr_un& address) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return errno == ENOENT ? ok() : last_system_error("socket " + path.string());
  if (!S_ISSOCK(facts.st_mode)) {
    return Error(Errc::already_exists, "socket " + path.string() +
                                           ": the path is taken by something that is no socket; "
                                           "remove it or choose another path");
  }
  const UniqueFd probe = new_socket();
  if (!probe) return last_system_error("socket " + path.string());
  if (::connect(probe.get(), as_sockaddr(address), sizeof address) == 0 || errno == EAGAIN) {
    return Error(Errc::already_exists,
                 "socket " + path.string() + ": another process answers on it; stop that one or choose another path");
  }
  if (errno != ECONNREFUSED) return last_system_error("socket " + path.string());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return last_system_error("remove the stale socket " + path.string());
  return ok();
}

Status bind_privately(int fd, const fs::path& path, const sockaddr_un& address) {
  // Linux takes the new file's mode from the socket's inode: so it starts out private whatever the umask.
  if (::fchmod(fd, 0600) != 0) return last_system_error("socket " + path.string());
  if (::bind(fd, as_sockaddr(address), sizeof address) == 0) return ok();
  const bool no_folder = errno == ENOENT;
  const Error error = last_system_error("socket " + path.string());
  if (!no_folder) return error;
  return Error(Errc::not_found, "socket " + path.string() + ": its folder does not exist; create it");
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const fs::path& path, mode_t mode, std::optional<gid_t> group) {
  const Result<sockaddr_un> address = address_of(path);
  if (!address) return address.error();
  if (const Status removed = remove_stale(path, *address); !removed) return removed.error();
  UniqueFd fd = new_socket();
  if (!fd) return last_system_error("socket " + path.string());
  if (const Status bound = bind_privately(fd.get(), path, *address); !bound) return bound.error();

  ListeningSocket socket(std::move(fd), path);
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return last_system_error("socket " + path.string());
  socket.device_ = facts.st_dev;
  socket.inode_ = facts.st_ino;
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
    return last_system_error("chgrp " + path.string());
  if (::chmod(path.c_str(), mode) != 0) return last_system_error("chmod " + path.string());
  if (::listen(socket.fd(), SOMAXCONN) != 0) return last_system_error("listen on " + path.string());
  return socket;
}

ListeningSocket::~ListeningSocket() {
  if (!fd_) return;
  struct stat facts {};
  const bool ours = ::lstat(path_.c_str(), &facts) == 0 && facts.st_dev == device_ && facts.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
}

}  // namespace entente::rpc
