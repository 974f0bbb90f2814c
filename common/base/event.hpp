// A latch that a coroutine waits for and others raise: "there is something to do". Raises between two waits are merged.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/result.hpp"

namespace entente {

namespace asio = boost::asio;

// Used from one io_context's thread; from elsewhere `asio::post` a raise(). One waiter at a time.
class Event {
 public:
  explicit Event(asio::any_io_executor executor);

  void raise();
  bool raised() const { return raised_; }

  // Completes at once if raised since the last wait; clears. Errc::cancelled when the coroutine is cancelled.
  asio::awaitable<Status> wait();

 private:
  asio::steady_timer timer_;
  bool raised_ = false;
};

}  // namespace entente
