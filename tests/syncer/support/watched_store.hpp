// A store in memory that tests look into, and that may refuse.
#pragma once

#include <atomic>
#include <memory>

#include "common/store/memory_store.hpp"

namespace entente::test {

// Forwards to a store that outlives the ledger, counts, and may refuse.
class WatchedStore final : public store::Store {
 public:
  struct State {
    store::MemoryStore store;
    std::atomic<int> writes = 0;  // of records
    std::atomic<bool> refusing = false;
    std::vector<store::UnreadableDefinition> unreadable_definitions;  // what load() names besides
  };
  explicit WatchedStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Result<store::Loaded> load() override {
    Result<store::Loaded> loaded = state_->store.load();
    if (loaded) loaded->unreadable_definitions = state_->unreadable_definitions;
    return loaded;
  }
  Status write(const store::Batch& batch) override {
    if (state_->refusing) return Error(Errc::store, "disk full");
    if (!batch.changes.empty()) ++state_->writes;
    return state_->store.write(batch);
  }
  Result<store::StoredHistory> history(const spiffe::TrustDomain& trust_domain,
                                       const store::HistoryQuery& query) override {
    return state_->store.history(trust_domain, query);
  }
  Status prune_history(const trust::HistoryLimits& limits, Time now) override {
    return state_->store.prune_history(limits, now);
  }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace entente::test
