// Deadlines by the thousand for one timer: coarse, cheap to set, cheap to cancel.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "common/base/time.hpp"

namespace entente {

namespace asio = boost::asio;

// Lives on one io_context's thread. Granularity 100 ms: a deadline fires up to two ticks late and never early. Setting
// and clearing are O(1) and make no system call, but where one is set that comes before all others; the underlying
// timer wakes nobody before the first that is due, or has been cleared, but once in 256 ticks.
class TimerWheel {
 public:
  explicit TimerWheel(asio::any_io_executor executor, Duration tick = std::chrono::milliseconds(100));
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Calls `expired` once, unless it is cleared or moved before. Must not outlive the wheel.
  class Deadline {
   public:
    Deadline(TimerWheel& wheel, std::function<void()> expired);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void expire_after(Duration duration);  // replaces the one set before
    void clear();

   private:
    friend class TimerWheel;
    struct Slot;
    std::unique_ptr<Slot> slot_;
  };

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente
