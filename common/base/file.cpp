#include "common/base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace entente {
namespace {

namespace fs = std::filesystem;

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_system_error("write " + path.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok();
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

Status sync_folder(const fs::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_system_error("open " + folder.string());
  if (::fsync(fd.get()) != 0) return last_system_error("fsync " + folder.string());
  return ok();
}

Status write_new_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return last_system_error("create " + path.string());
  if (const Status written = write_all(fd.get(), bytes, path); !written) return written.error();
  if (::fchmod(fd.get(), mode) != 0) return last_system_error("chmod " + path.string());
  if (::fsync(fd.get()) != 0) return last_system_error("fsync " + path.string());
  return ok();
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error last_system_error(std::string_view what) {
  const int number = errno;
  Errc code = Errc::io;
  if (number == ENOENT) code = Errc::not_found;
  if (number == EACCES || number == EPERM) code = Errc::permission_denied;
  return Error(code, std::string(what) + ": " + std::generic_category().message(number));
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return last_system_error("open " + path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return last_system_error("stat " + path.string());
  if (!S_ISREG(info.st_mode)) return Error(Errc::io, path.string() + ": not a regular file");
  const Error too_large(Errc::too_large, path.string() + ": over the limit of " + std::to_string(limit) + " bytes");
  if (static_cast<std::size_t>(info.st_size) > limit) return too_large;
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(info.st_size));
  char block[16384];
  for (;;) {
    const ssize_t count = ::read(fd.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_system_error("read " + path.string());
    if (count == 0) return bytes;
    bytes.append(block, static_cast<std::size_t>(count));
    if (bytes.size() > limit) return too_large;  // it grew, or its size is not told (/proc)
  }
}

Status replace_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  const fs::path folder = folder_of(path);
  // The name is cut: it may be as long as a name can be.
  const std::string stem = path.filename().string().substr(0, 200);
  const fs::path fresh = folder / ("." + stem + "." + std::to_string(::getpid()) + ".new");
  ::unlink(fresh.c_str());  // what a killed process of the same pid may have left
  if (const Status written = write_new_file(fresh, bytes, mode); !written) {
    ::unlink(fresh.c_str());
    return written.error();
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    const Error error = last_system_error("rename " + fresh.string() + " to " + path.string());
    ::unlink(fresh.c_str());
    return error;
  }
  return sync_folder(folder);
}

Status remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) == 0) return sync_folder(folder_of(path));
  if (errno == ENOENT) return ok();
  return last_system_error("remove " + path.string());
}

Status ensure_folder(const fs::path& path, mode_t mode) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (!S_ISDIR(info.st_mode)) return Error(Errc::io, path.string() + ": not a folder");
    if (mode == 0700 && (info.st_mode & 0077) != 0)
      return Error(Errc::permission_denied, path.string() + ": others may enter this folder of secrets; chmod 0700 it");
    return ok();
  }
  if (errno != ENOENT) return last_system_error("stat " + path.string());
  if (path.has_parent_path() && path.parent_path() != path) {
    if (const Status parent = ensure_folder(path.parent_path(), 0755); !parent) return parent.error();
  }
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return last_system_error("create folder " + path.string());
  if (::chmod(path.c_str(), mode) != 0) return last_system_error("chmod " + path.string());
  return ok();
}

Result<FileLock> FileLock::acquire(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return last_system_error("open " + path.string());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return last_system_error("lock " + path.string());
    const Result<std::string> content = read_file(path, 64);
    std::string holder = content ? *content : "";
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return Error(Errc::unavailable, path.string() + ": held by another process" +
                                        (holder.empty() ? std::string() : " (pid " + holder + ")"));
  }
  if (::ftruncate(fd.get(), 0) != 0) return last_system_error("truncate " + path.string());
  if (const Status written = write_all(fd.get(), std::to_string(::getpid()) + "\n", path); !written)
    return written.error();
  return FileLock(std::move(fd));
}

}  // namespace entente
