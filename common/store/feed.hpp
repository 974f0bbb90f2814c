// How snapshots reach their readers: the newest one is always at hand, and subscribers are told of each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "common/trust/snapshot.hpp"

namespace entente::store {

// Thread-safe. A publication costs one call per subscriber.
class Feed {
 public:
  // Called on the publishing thread, in order, never concurrently; must not block (hand over and return) and must not
  // publish. It may end subscriptions, its own included.
  using Listener = std::function<void(const trust::SnapshotPtr&)>;

  // Ends its subscription on destruction; after that no call to the listener is running or comes.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept : feed_(other.feed_), id_(other.id_) { other.feed_ = nullptr; }
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

   private:
    friend class Feed;
    Feed* feed_ = nullptr;
    std::uint64_t id_ = 0;
  };

  trust::SnapshotPtr current() const;
  // The listener is not called with the current snapshot; read current() after subscribing.
  [[nodiscard]] Subscription subscribe(Listener listener);
  void publish(trust::SnapshotPtr snapshot);

 private:
  mutable std::mutex mutex_;  // guards current_
  trust::SnapshotPtr current_ = std::make_shared<const trust::Snapshot>();
  std::recursive_mutex listeners_mutex_;  // held while listeners are called
  std::map<std::uint64_t, std::shared_ptr<const Listener>> listeners_;
  std::uint64_t next_id_ = 1;
};

}  // namespace entente::store
