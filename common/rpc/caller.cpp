#include "common/rpc/caller.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace entente::rpc {
namespace {

constexpr int so_peerpidfd = 77;  // linux/socket.h of 6.5; Debian 12's headers are older

Error process_has_ended(pid_t pid) {
  return Error(Errc::unavailable, "process " + std::to_string(pid) + " has ended since it connected");
}

// Field 22 of /proc/<pid>/stat, counted after the command's closing parenthesis: the command itself may hold anything.
std::uint64_t start_time_of(pid_t pid) {
  const Result<std::string> stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat) return 0;
  std::size_t at = stat->rfind(')');
  for (int field = 2; at != std::string::npos && field < 22; ++field) at = stat->find(' ', at + 1);
  std::uint64_t ticks = 0;
  if (at != std::string::npos) std::from_chars(stat->data() + at + 1, stat->data() + stat->size(), ticks);
  return ticks;
}

ino_t inode_of(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode) ? facts.st_ino : 0;
}

// -1 where the kernel knows no pidfd at all.
Result<UniqueFd> pidfd_of(int socket, pid_t pid) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &fd, &size) == 0) return UniqueFd(fd);
  if (errno != ENOPROTOOPT) return process_has_ended(pid);
  fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0 && errno == ESRCH) return process_has_ended(pid);
  return UniqueFd(fd);
}

}  // namespace

bool Caller::alive() const {
  if (pidfd) {
    pollfd ended{pidfd.get(), POLLIN, 0};
    return ::poll(&ended, 1, 0) == 0;
  }
  return started != 0 && start_time_of(pid) == started;
}

Result<Caller> identify_peer(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return last_system_error("SO_PEERCRED");
  Result<UniqueFd> pidfd = pidfd_of(socket, credentials.pid);
  if (!pidfd) return pidfd.error();
  Caller caller;
  caller.pid = credentials.pid;
  caller.uid = credentials.uid;
  caller.gid = credentials.gid;
  caller.pidfd = *std::move(pidfd);
  if (caller.pid != 0) caller.started = start_time_of(caller.pid);
  return caller;
}

CallerPtr Callers::find(std::string_view peer) const {
  constexpr std::string_view prefix = "fd:";
  if (!peer.starts_with(prefix)) return nullptr;
  int fd = -1;
  const char* const end = peer.data() + peer.size();
  const auto [rest, problem] = std::from_chars(peer.data() + prefix.size(), end, fd);
  if (problem != std::errc() || rest != end) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  return found == connections_.end() ? nullptr : found->second.caller;
}

CallerPtr Callers::find(const grpc::ServerContextBase& context) const { return find(context.peer()); }

void Callers::add(int fd, CallerPtr caller) {
  const std::lock_guard lock(mutex_);
  if (const auto earlier = connections_.find(fd); earlier != connections_.end()) forget(earlier);
  ++per_uid_[caller->uid];
  connections_.emplace(fd, Connection{std::move(caller), inode_of(fd)});
}

void Callers::sweep() {
  const std::lock_guard lock(mutex_);
  for (auto each = connections_.begin(); each != connections_.end();) {
    const auto connection = each++;
    if (inode_of(connection->first) != connection->second.inode) forget(connection);
  }
}

void Callers::forget(std::map<int, Connection>::iterator connection) {
  const auto count = per_uid_.find(connection->second.caller->uid);
  if (--count->second == 0) per_uid_.erase(count);
  connections_.erase(connection);
}

std::size_t Callers::size() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::size_t Callers::size_of(uid_t uid) const {
  const std::lock_guard lock(mutex_);
  const auto found = per_uid_.find(uid);
  return found == per_uid_.end() ? 0 : found->second;
}

}  // namespace entente::rpc
