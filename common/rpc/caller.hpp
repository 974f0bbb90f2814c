// Who is at the other end of a Unix connection, and the table in which a handler finds it again. docs/design.md, "Who
// is calling".
#pragma once

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/base/file.hpp"
#include "common/base/result.hpp"

namespace entente::rpc {

// The process at the other end of a connection, as the kernel said when it connected. Immutable.
struct Caller {
  pid_t pid = 0;  // 0: a process that this one's PID namespace does not show
  uid_t uid = 0;
  gid_t gid = 0;
  UniqueFd pidfd;  // of the process, where the kernel gives it; -1 elsewhere
  std::uint64_t started =
      0;  // the process's start time from /proc, in clock ticks; tells a reused pid where there is no pidfd

  // Whether the process that connected still lives under its pid: what /proc/<pid> says is then about it.
  bool alive() const;
};
using CallerPtr = std::shared_ptr<const Caller>;

// Asks the kernel about a connected Unix socket: SO_PEERCRED, then SO_PEERPIDFD, or pidfd_open where the kernel is too
// old for that. Errc::unavailable when the process has ended meanwhile.
Result<Caller> identify_peer(int socket);

// The callers of one server's connections by descriptor number. Thread-safe. gRPC closes a connection's descriptor
// without a word, so what is gone is found by looking: sweep().
class Callers {
 public:
  // By a context's peer(), "fd:12". Null for what is no connection of this server's. gRPC keeps a connection's
  // descriptor open while a call on it exists, so a handler sees its own caller; were a later gRPC to close it earlier,
  // a handler that found a newer connection's caller would belong to a dead transport, on which nothing can be sent.
  CallerPtr find(std::string_view peer) const;
  CallerPtr find(const grpc::ServerContextBase& context) const;

  // For UnixServer. Registers `fd`, in place of an earlier connection of that number.
  void add(int fd, CallerPtr caller);
  // Forgets connections whose descriptor is closed, or another socket's by now.
  void sweep();
  std::size_t size() const;
  std::size_t size_of(uid_t uid) const;

 private:
  struct Connection {
    CallerPtr caller;
    ino_t inode = 0;  // of the socket: tells whether the descriptor is still this connection
  };
  void forget(std::map<int, Connection>::iterator connection);

  mutable std::mutex mutex_;
  std::map<int, Connection> connections_;
  std::map<uid_t, std::size_t> per_uid_;
};

}  // namespace entente::rpc
