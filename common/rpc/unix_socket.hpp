// The listening Unix socket itself: bound with exactly the wanted mode, a stale file replaced, a live one respected.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "common/base/file.hpp"
#include "common/base/result.hpp"

namespace entente::rpc {

// Owns the descriptor and the file; the destructor removes the file if it is still this socket's.
class ListeningSocket {
 public:
  // Listens on `path`. The mode is never wider than asked for, whatever the umask: nobody can connect before it is set.
  // Errc::already_exists: something answers there, or the path is no socket. not_found: the folder is missing.
  static Result<ListeningSocket> open(const std::filesystem::path& path, mode_t mode, std::optional<gid_t> group);
  ListeningSocket(ListeningSocket&&) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  int fd() const { return fd_.get(); }

 private:
  ListeningSocket(UniqueFd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::filesystem::path path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace entente::rpc
