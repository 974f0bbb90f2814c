#include "server/watch_files.hpp"

#include <boost/asio/this_coro.hpp>

#include "common/base/file_watch.hpp"

namespace entente::server {

asio::awaitable<void> watch_files(std::vector<std::filesystem::path> paths, std::function<void()> reload, Log& log,
                                  Clock& clock) {
  const auto executor = co_await asio::this_coro::executor;
  bool warned = false;
  for (;;) {
    // Anew each time, and before the files are read: links may lead elsewhere by now, and no change may slip in
    // between.
    Result<FileWatch> watch = FileWatch::create(executor, paths);
    reload();
    if (!watch && !warned)
      log.warning("files cannot be watched; looking every 5 s", {{"error", watch.error().message()}});
    warned = !watch;
    FileWatch* const watched = watch ? &*watch : nullptr;
    const Status waited = co_await wait_for_change(watched, clock);
    if (!waited) co_return;
  }
}

}  // namespace entente::server
