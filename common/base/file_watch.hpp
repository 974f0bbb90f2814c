// Tells when files change, by inotify on their folders, so that replacement by rename and Kubernetes' `..data` links
// count.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"

namespace entente {

namespace asio = boost::asio;

// One watcher may watch several folders. Lives on, and is used from, one io_context's thread.
class FileWatch {
 public:
  // Watches the folders that hold `paths` (of a link, the folder of its target too). A folder that is missing is an
  // error.
  static Result<FileWatch> create(asio::any_io_executor executor, const std::vector<std::filesystem::path>& paths);

  FileWatch(FileWatch&&) noexcept;
  FileWatch& operator=(FileWatch&&) noexcept;
  ~FileWatch();

  // Completes when something in the folders has changed since the last call (events that are already queued are merged
  // into one). Errc::cancelled when the coroutine is cancelled. What changed is for the caller to read.
  asio::awaitable<Status> changed();

 private:
  struct Impl;
  explicit FileWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// How whoever keeps files current waits between two looks at them: until `watch` tells of a change, and at most a
// minute, since not every change is told of (a remote file system's, or a folder's that was exchanged). Five seconds
// where there is no watch (null), or it fails. Watch anew before each look: links may lead elsewhere by then.
// Errc::cancelled when the coroutine is cancelled.
asio::awaitable<Status> wait_for_change(FileWatch* watch, Clock& clock);

}  // namespace entente
