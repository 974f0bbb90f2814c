#include "common/store/memory_store.hpp"

#include <algorithm>

#include "common/store/history_limits.hpp"

namespace entente::store {

Result<Loaded> MemoryStore::load() {
  const std::lock_guard lock(mutex_);
  Loaded loaded;
  for (const auto& [trust_domain, record] : records_) loaded.records.push_back(*record);
  for (const auto& [trust_domain, history] : histories_) loaded.last_event.emplace(trust_domain, history.last);
  for (const auto& [trust_domain, relationship] : registry_.relationships) loaded.relationships.push_back(relationship);
  loaded.entries = registry_.entries;
  return loaded;
}

Status MemoryStore::write(const Batch& batch) {
  const std::lock_guard lock(mutex_);
  auto next = records_;
  for (const Change& change : batch.changes) {
    const auto held = next.find(change.trust_domain);
    const std::uint64_t revision = held == next.end() ? 0 : held->second->revision;
    if (revision != change.expected_revision)
      return Error(Errc::conflict, "memory store: " + change.trust_domain.name() + " is at revision " +
                                       std::to_string(revision) + ", not " + std::to_string(change.expected_revision));
    if (change.record)
      next.insert_or_assign(change.trust_domain, change.record);
    else
      next.erase(change.trust_domain);
  }
  records_ = std::move(next);
  for (const auto& event : batch.events) append(event, batch.history_entries);
  for (const auto& change : batch.registry) registry_.apply(change);
  return ok();
}

void MemoryStore::append(const trust::HistoryEntryPtr& event, std::size_t most) {
  History& history = histories_[event->trust_domain];
  history.last = std::max(history.last, event->number);
  history.entries.emplace(event->number, event);
  if (history.entries.size() <= with_a_tenth(most)) return;
  while (history.entries.size() > most) history.entries.erase(history.entries.begin());
}

Result<StoredHistory> MemoryStore::history(const spiffe::TrustDomain& trust_domain, const HistoryQuery& query) {
  const std::lock_guard lock(mutex_);
  StoredHistory found;
  const auto place = histories_.find(trust_domain);
  if (place == histories_.end()) return found;
  const auto& entries = place->second.entries;
  for (auto entry = entries.upper_bound(query.last); entry != entries.begin() && found.entries.size() < query.limit;) {
    --entry;
    if (entry->first < query.first) break;
    found.entries.push_back(entry->second);
  }
  std::reverse(found.entries.begin(), found.entries.end());
  return found;
}

Status MemoryStore::prune_history(const trust::HistoryLimits& limits, Time now) {
  const std::lock_guard lock(mutex_);
  const Time oldest = oldest_kept(limits, now);
  for (auto& [trust_domain, history] : histories_) {
    std::erase_if(history.entries, [&](const auto& entry) { return entry.second->at < oldest; });
    while (history.entries.size() > limits.entries) history.entries.erase(history.entries.begin());
  }
  return ok();
}

}  // namespace entente::store
