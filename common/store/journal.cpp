#include "common/store/journal.hpp"

#include <algorithm>

namespace entente::store {

trust::HistoryEntryPtr Journal::add(trust::HistoryEntry event) {
  event.number = ++last_[event.trust_domain];
  const std::uint64_t arrival = ++arrivals_;
  if (event.action == trust::HistoryAction::refused) refusals_.insert(arrival);
  auto entry = std::make_shared<const trust::HistoryEntry>(std::move(event));
  events_.emplace(arrival, entry);
  while (events_.size() > most_) drop_one();
  return entry;
}

void Journal::drop_one() {
  const std::uint64_t oldest = refusals_.empty() ? events_.begin()->first : *refusals_.begin();
  events_.erase(oldest);
  refusals_.erase(oldest);
  ++dropped_;
}

std::vector<trust::HistoryEntryPtr> Journal::take_batch() {
  batch_.clear();
  std::vector<trust::HistoryEntryPtr> events;
  for (const auto& [arrival, event] : events_) {
    batch_.push_back(arrival);
    events.push_back(event);
  }
  return events;
}

void Journal::settle(const std::vector<Status>& outcomes) {
  for (std::size_t i = 0; i < batch_.size() && i < outcomes.size(); ++i) {
    if (!outcomes[i]) continue;
    // Given up meanwhile, and written after all.
    if (events_.erase(batch_[i]) == 0) --dropped_;
    refusals_.erase(batch_[i]);
  }
  batch_.clear();
}

std::vector<trust::HistoryEntryPtr> Journal::unwritten(const spiffe::TrustDomain& trust_domain,
                                                       const HistoryQuery& query) const {
  std::vector<trust::HistoryEntryPtr> found;
  for (const auto& [arrival, event] : events_)
    if (event->trust_domain == trust_domain && event->number >= query.first && event->number <= query.last)
      found.push_back(event);
  return found;
}

std::vector<trust::HistoryEntryPtr> merge_history(std::vector<trust::HistoryEntryPtr> stored,
                                                  const std::vector<trust::HistoryEntryPtr>& unwritten,
                                                  std::size_t limit) {
  const auto by_number = [](const auto& a, const auto& b) { return a->number < b->number; };
  std::vector<trust::HistoryEntryPtr> merged;
  std::set_union(stored.begin(), stored.end(), unwritten.begin(), unwritten.end(), std::back_inserter(merged),
                 by_number);
  if (merged.size() > limit) merged.erase(merged.begin(), merged.end() - static_cast<std::ptrdiff_t>(limit));
  return merged;
}

}  // namespace entente::store
