// Which refusals are on record already: a peer that keeps serving what is refused must not fill its history with it.
#pragma once

#include <vector>

#include "common/trust/history.hpp"

namespace entente::syncer {

// A value. Remembers a few: each URL of a relationship may serve something else that is refused.
class Refusals {
 public:
  static constexpr std::size_t most = 8;

  bool known(const trust::HistoryEntry& refusal) const;
  void remember(trust::HistoryEntry refusal);
  // Something was accepted: what is refused from now on is news.
  void forget() { seen_.clear(); }

  // After a restart: what the newest entries of the history say, as the ledger gives them (the newest last).
  void learn(const std::vector<trust::HistoryEntryPtr>& entries);
  bool learned() const { return learned_; }

 private:
  std::vector<trust::HistoryEntry> seen_;  // the newest last
  bool learned_ = false;
};

}  // namespace entente::syncer
