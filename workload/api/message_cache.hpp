// Messages by what they show, so that one change costs one serialisation however many streams see the same.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "common/base/result.hpp"
#include "common/trust/snapshot.hpp"
#include "workload/api/message.hpp"

namespace entente::workload {

// Thread-safe; making holds the lock, so that what several want at once is made once.
template <class Key>
class MessageCache {
 public:
  // The message for `key` and `snapshot`, by `make` -> Result<Message> where it is not there. A remade message with the
  // same bytes is the earlier object: streams tell identical states by the pointer.
  template <class Make>
  Result<MessagePtr> get(const Key& key, const trust::SnapshotPtr& snapshot, Make make) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.snapshot == snapshot) {
      found->second.used_in = round_;
      return found->second.message;
    }
    Result<Message> made = make();
    if (!made) return made.error();
    const bool same = found != entries_.end() && *found->second.message == *made;
    MessagePtr message = same ? found->second.message : std::make_shared<const Message>(*std::move(made));
    entries_.insert_or_assign(key, Entry{snapshot, message, round_});
    return message;
  }

  // Between two rounds of updates: what the last one did not use belongs to nobody any more.
  void next_round() {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [this](const auto& entry) { return entry.second.used_in < round_; });
    ++round_;
  }

 private:
  struct Entry {
    trust::SnapshotPtr snapshot;
    MessagePtr message;
    std::uint64_t used_in;
  };
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::uint64_t round_ = 0;
};

}  // namespace entente::workload
