#include "syncer/peer/join.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>

#include "syncer/peer/broadcast.hpp"

namespace entente::syncer {
namespace {

struct Progress {
  explicit Progress(asio::any_io_executor executor) : ended(std::move(executor)) {}
  Broadcast ended;
  std::size_t left = 0;
  std::exception_ptr failure;
};

}  // namespace

asio::awaitable<Status> join(asio::any_io_executor executor, std::vector<asio::awaitable<void>> tasks) {
  const auto progress = std::make_shared<Progress>(executor);
  progress->left = tasks.size();
  for (asio::awaitable<void>& task : tasks) {
    auto done = [progress](std::exception_ptr failure) {
      if (failure && !progress->failure) progress->failure = failure;
      if (--progress->left == 0) progress->ended.notify();
    };
    asio::co_spawn(executor, std::move(task), std::move(done));
  }
  while (progress->left > 0) {
    const Status waited = co_await progress->ended.wait();
    if (!waited) co_return waited.error();
  }
  if (progress->failure) std::rethrow_exception(progress->failure);
  co_return ok();
}

}  // namespace entente::syncer
