#include "syncer/peer/refusals.hpp"

#include <algorithm>

#include "common/trust/on_record.hpp"

namespace entente::syncer {

bool Refusals::known(const trust::HistoryEntry& refusal) const {
  return std::any_of(seen_.begin(), seen_.end(),
                     [&](const trust::HistoryEntry& one) { return trust::same_matter(one, refusal); });
}

void Refusals::remember(trust::HistoryEntry refusal) {
  if (seen_.size() == most) seen_.erase(seen_.begin());
  seen_.push_back(std::move(refusal));
}

void Refusals::learn(const std::vector<trust::HistoryEntryPtr>& entries) {
  learned_ = true;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if ((*entry)->action != trust::HistoryAction::refused) return;
    remember(**entry);
  }
}

}  // namespace entente::syncer
