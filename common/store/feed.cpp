#include "common/store/feed.hpp"

#include <utility>
#include <vector>

namespace entente::store {

Feed::Subscription& Feed::Subscription::operator=(Subscription&& other) noexcept {
  // What was held ends when `ended` goes, after the move.
  Subscription ended(std::move(*this));
  feed_ = std::exchange(other.feed_, nullptr);
  id_ = other.id_;
  return *this;
}

Feed::Subscription::~Subscription() {
  if (feed_ == nullptr) return;
  // Waits for a publication under way on another thread, so that no call is running afterwards.
  const std::lock_guard lock(feed_->listeners_mutex_);
  feed_->listeners_.erase(id_);
}

trust::SnapshotPtr Feed::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Feed::Subscription Feed::subscribe(Listener listener) {
  const std::lock_guard lock(listeners_mutex_);
  Subscription subscription;
  subscription.feed_ = this;
  subscription.id_ = next_id_++;
  listeners_.emplace(subscription.id_, std::make_shared<const Listener>(std::move(listener)));
  return subscription;
}

void Feed::publish(trust::SnapshotPtr snapshot) {
  const std::lock_guard lock(listeners_mutex_);
  {
    const std::lock_guard current_lock(mutex_);
    current_ = snapshot;
  }
  // A listener may end any subscription: walk by key, and keep what is being called alive.
  for (auto next = listeners_.begin(); next != listeners_.end();) {
    const std::uint64_t id = next->first;
    const auto listener = next->second;
    (*listener)(snapshot);
    next = listeners_.upper_bound(id);
  }
}

}  // namespace entente::store
