// One at a time: coroutines that change the same thing over several waits take turns.
#pragma once

#include "syncer/peer/broadcast.hpp"

namespace entente::syncer {

// Used from one io_context's thread.
class TurnTaking {
 public:
  explicit TurnTaking(asio::any_io_executor executor) : freed_(std::move(executor)) {}

  // Held while it exists; must not outlive the TurnTaking.
  class Turn {
   public:
    explicit Turn(TurnTaking& owner) : owner_(&owner) { owner_->taken_ = true; }
    Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (owner_ == nullptr) return;
      owner_->taken_ = false;
      owner_->freed_.notify();
    }

   private:
    TurnTaking* owner_;
  };

  // Errc::cancelled when the coroutine is cancelled.
  asio::awaitable<Result<Turn>> take() {
    while (taken_) {
      const Status waited = co_await freed_.wait();
      if (!waited) co_return waited.error();
    }
    co_return Turn(*this);
  }

 private:
  Broadcast freed_;
  bool taken_ = false;
};

}  // namespace entente::syncer
