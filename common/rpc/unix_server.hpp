// A gRPC server on a Unix socket that knows its callers: SO_PEERCRED and a pidfd, taken at accept, found again by a
// handler through the call's peer. design.md, "Who is calling".
#pragma once

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace entente::rpc {

// The process at the other end of a connection, as the kernel said when it connected. Immutable.
struct Caller {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  UniqueFd pidfd;             // of the process, where the kernel gives it; -1 elsewhere
  std::uint64_t started = 0;  // the process's start time from /proc, in clock ticks; tells a reused pid where there is no pidfd

  // Whether the process that connected still lives under its pid: what /proc/<pid> says is then about it.
  bool alive() const;
};
using CallerPtr = std::shared_ptr<const Caller>;

struct UnixServerOptions {
  std::filesystem::path path;
  mode_t mode = 0600;
  std::optional<gid_t> group;                       // chgrp of the socket
  std::vector<grpc::Service*> services;             // outlive the server
  std::size_t max_connections = 10000;
  std::size_t max_connections_per_uid = 1000;
  bool reflection = false;
};

// Owns the listening socket, the accepting thread and the gRPC server. start() to stop() from any one thread; caller() from
// gRPC's threads.
class UnixServer {
 public:
  // A stale socket file is replaced; one that something answers on is Errc::already_exists, as is a path that is no socket.
  static Result<std::unique_ptr<UnixServer>> start(UnixServerOptions options, Log& log);
  ~UnixServer();

  // Who is calling: by the context's peer(), "fd:12". Null for a connection that is gone.
  CallerPtr caller(const grpc::ServerContextBase& context) const;
  CallerPtr caller(const std::string& peer) const;

  // Stops accepting, lets calls under way finish for `grace`, cancels the rest, removes the socket file.
  void stop(Duration grace);

 private:
  struct Impl;
  explicit UnixServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::rpc
