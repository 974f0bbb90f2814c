// Files: whole reads with a limit, replacement that is atomic and durable, private folders, and a lock.
// All calls block; errors name the path and the system's reason.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente {

// Owns a file descriptor; closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// "<what>: <strerror(errno)>" as Errc::io (permission_denied and not_found where that is what it is).
Error last_system_error(std::string_view what);

// Reads a whole regular file of at most `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 16U << 20);

// Writes a new file of `mode` (the umask does not apply) beside `path`, syncs it, renames it over `path` and syncs the
// folder: a reader sees the old bytes or the new ones, and after success the new ones survive a power cut.
Status replace_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

// Removes the file if it is there; the removal is durable.
Status remove_file(const std::filesystem::path& path);

// Creates the folder (and its parents) where it is missing, with `mode` for the last one. One that exists keeps its
// mode, but a folder of secrets (mode 0700) that others may enter is an error that says so.
Status ensure_folder(const std::filesystem::path& path, mode_t mode);

// An exclusive lock (flock) on a file, created where missing; freed with the object, or by the kernel with the process.
class FileLock {
 public:
  // Errc::unavailable with the holder's pid, where it is known, when another process holds it.
  static Result<FileLock> acquire(const std::filesystem::path& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace entente
