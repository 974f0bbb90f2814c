// Mutual exclusion between coroutines of one thread, first come first served.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>

#include "common/base/event.hpp"

namespace entente {

// Lives on one io_context's thread and outlives its locks.
class AsyncMutex {
 public:
  explicit AsyncMutex(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // Held until destroyed.
  class Lock {
   public:
    Lock(Lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock() {
      if (mutex_) mutex_->unlock();
    }

   private:
    friend class AsyncMutex;
    explicit Lock(AsyncMutex& mutex) : mutex_(&mutex) {}
    AsyncMutex* mutex_;
  };

  // Errc::cancelled when the coroutine is cancelled while it waits.
  asio::awaitable<Result<Lock>> lock();

 private:
  void unlock();

  asio::any_io_executor executor_;
  bool held_ = false;
  std::deque<std::shared_ptr<Event>> waiting_;
};

}  // namespace entente
