// The two clocks and the waiting of the outside world, injected so that tests own time.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "common/base/time.hpp"

namespace entente {

namespace asio = boost::asio;

// A true edge: implemented by SystemClock and by the tests' FakeClock. now() may be called from any thread;
// sleep() from the thread of the calling coroutine's io_context.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time: validity, sequences and what people read. May jump.
  virtual Time now() const = 0;

  // Completes after `duration` of elapsed (steady) time, or with Errc::cancelled when the coroutine is cancelled.
  virtual asio::awaitable<Status> sleep(Duration duration) = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::system_clock::now(); }
  asio::awaitable<Status> sleep(Duration duration) override;
};

}  // namespace entente
