// A moment that any number of coroutines wait for. Event serves one waiter and remembers; this serves many and does
// not.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>

#include "common/base/result.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// Used from one io_context's thread. Waiters look at what they wait for before and after: `while (!done) co_await ...`.
class Broadcast {
 public:
  explicit Broadcast(asio::any_io_executor executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

  void notify() {
    ++moments_;
    timer_.cancel();
  }

  // Until the next notify(); Errc::cancelled when the coroutine is cancelled. Must not outlive the Broadcast.
  asio::awaitable<Status> wait() {
    const std::uint64_t before = moments_;
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (moments_ == before) co_return Error(Errc::cancelled, "wait cancelled");
    co_return ok();
  }

 private:
  asio::steady_timer timer_;
  std::uint64_t moments_ = 0;
};

}  // namespace entente::syncer
