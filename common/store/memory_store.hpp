// A store that forgets: for tests and throwaway set-ups.
#pragma once

#include <map>
#include <mutex>

#include "common/store/registry.hpp"
#include "common/store/store.hpp"

namespace entente::store {

class MemoryStore final : public Store {
 public:
  Result<Loaded> load() override;
  Status write(const Batch& batch) override;
  Result<StoredHistory> history(const spiffe::TrustDomain& trust_domain, const HistoryQuery& query) override;
  Status prune_history(const trust::HistoryLimits& limits, Time now) override;

 private:
  struct History {
    std::uint64_t last = 0;
    std::map<std::uint64_t, trust::HistoryEntryPtr> entries;
  };
  void append(const trust::HistoryEntryPtr& event, std::size_t most);

  std::mutex mutex_;  // guards all below: history() comes from another thread
  std::map<spiffe::TrustDomain, trust::RecordPtr> records_;
  std::map<spiffe::TrustDomain, History> histories_;
  Registry registry_;
};

}  // namespace entente::store
