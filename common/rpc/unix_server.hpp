// A gRPC server on a Unix socket that knows its callers: SO_PEERCRED and a pidfd, taken at accept, found again by a
// handler through the call's peer. docs/design.md, "Who is calling".
#pragma once

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/rpc/caller.hpp"

namespace entente::rpc {

struct UnixServerOptions {
  std::filesystem::path path;
  mode_t mode = 0600;
  std::optional<gid_t> group;            // chgrp of the socket
  std::vector<grpc::Service*> services;  // outlive the server; callback services by preference
  // Where the services find their callers; made where null. Give one to services that are built before the server.
  std::shared_ptr<Callers> callers;
  std::size_t max_connections = 10000;
  std::size_t max_connections_per_uid = 1000;
  std::size_t max_streams_per_connection = 1000;
  std::size_t max_request_bytes = 4U << 20;
  bool reflection = false;
};

// Owns the listening socket, the accepting thread and the gRPC server. start() to stop() from any one thread; caller()
// from gRPC's threads. Writing to a connection that its peer has closed raises no SIGPIPE in gRPC's own code, yet the
// program should ignore the signal. A connection takes two descriptors: itself and its pidfd.
class UnixServer {
 public:
  // A stale socket file is replaced; one that something answers on is Errc::already_exists, as is a path that is no
  // socket.
  static Result<std::unique_ptr<UnixServer>> start(UnixServerOptions options, Log& log);
  ~UnixServer();

  // Who is calling: see Callers::find().
  CallerPtr caller(const grpc::ServerContextBase& context) const;
  CallerPtr caller(const std::string& peer) const;

  // Stops accepting, lets calls under way finish for `grace`, cancels the rest, removes the socket file.
  // Returns when no call is left; a second call does nothing.
  void stop(Duration grace);

 private:
  struct Impl;
  explicit UnixServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::rpc
