#include "server/watch_files.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <variant>

#include "common/base/file_watch.hpp"

namespace entente::server {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::chrono::seconds retry(5);
// Events tell of changes at once, but not of all: a remote file system's, or a folder's that was exchanged.
constexpr std::chrono::seconds look_again(60);

}  // namespace

asio::awaitable<void> watch_files(std::vector<std::filesystem::path> paths, std::function<void()> reload, Log& log,
                                  Clock& clock) {
  const auto executor = co_await asio::this_coro::executor;
  bool warned = false;
  for (;;) {
    // Anew each time, and before the files are read: links may lead elsewhere by now, and no change may slip in
    // between.
    Result<FileWatch> watch = FileWatch::create(executor, paths);
    reload();
    Status waited = ok();
    if (watch) {
      warned = false;
      auto changed = watch->changed();
      auto looked = clock.sleep(look_again);
      const auto first = co_await (std::move(changed) || std::move(looked));
      waited = std::visit([](const Status& status) { return status; }, first);
    } else {
      if (!warned) log.warning("files cannot be watched; looking every 5 s", {{"error", watch.error().message()}});
      warned = true;
    }
    if (!waited && waited.error().code() == Errc::cancelled) co_return;
    if (!watch || !waited) {
      const Status slept = co_await clock.sleep(retry);
      if (!slept) co_return;
    }
  }
}

}  // namespace entente::server
