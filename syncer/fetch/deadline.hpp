// A point in time after which an operation is ended from outside.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

namespace entente::syncer {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

// Calls `expire` at `at` on the executor's thread, unless it is destroyed before.
class Deadline {
 public:
  Deadline(const asio::any_io_executor& executor, SteadyTime at, std::function<void()> expire)
      : timer_(executor, at), expire_(std::make_shared<std::function<void()>>(std::move(expire))) {
    // Weak: a handler that is queued already when the deadline is called off finds nothing to call.
    timer_.async_wait([weak = std::weak_ptr(expire_)](const boost::system::error_code& error) {
      const auto call = weak.lock();
      if (!error && call) (*call)();
    });
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> expire_;
};

}  // namespace entente::syncer
