#include "common/base/async_mutex.hpp"

#include <algorithm>

namespace entente {

asio::awaitable<Result<AsyncMutex::Lock>> AsyncMutex::lock() {
  if (held_) {
    const auto turn = std::make_shared<Event>(executor_);
    waiting_.push_back(turn);
    const Status waited = co_await turn->wait();
    if (!waited) {
      std::erase(waiting_, turn);
      co_return waited.error();
    }
  }
  held_ = true;
  co_return Lock(*this);
}

// The lock is handed to the first who waits without being free in between.
void AsyncMutex::unlock() {
  if (waiting_.empty()) {
    held_ = false;
    return;
  }
  const auto next = waiting_.front();
  waiting_.pop_front();
  next->raise();
}

}  // namespace entente
