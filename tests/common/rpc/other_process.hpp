// A connection to a Unix socket made by another process, under another user where the tests run as root: what the
// server sees of it is that process.
#pragma once

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "common/base/file.hpp"

namespace entente::test {

struct Credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// Those of this process.
Credentials own_credentials();
// User 12345 (which no database knows), group 23456, supplementary groups 5 and 34567; as no root, this process's own.
Credentials stranger();

// The process lives until end() or destruction and does nothing; the connection it made is used from here.
class OtherProcess {
 public:
  OtherProcess(const std::filesystem::path& socket, const Credentials& credentials);
  ~OtherProcess() { end(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  bool connected() const { return connected_; }
  pid_t pid() const { return pid_; }
  std::shared_ptr<grpc::Channel> channel() const { return channel_; }
  // Kills the process and waits for its end; the connection stays open.
  void end();

 private:
  pid_t pid_ = -1;
  bool connected_ = false;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace entente::test
