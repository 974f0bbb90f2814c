// A store that a test makes refuse or hang, and that counts what it is asked.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "common/store/memory_store.hpp"

namespace entente::test {

// What a test holds of a store that its ledger owns. Thread-safe.
class StoreControl {
 public:
  void refuse_with(std::optional<Error> error);  // null: take everything again
  void refuse_if(std::function<std::optional<Error>(const store::Batch&)> judge);
  void refuse_reads_with(std::optional<Error> error);
  void hang();        // writes and prunings
  void hang_reads();  // of histories
  void release();     // both
  // Waits (bounded) until this many writes, or reads of histories, have begun since the start.
  bool writes_begun(std::size_t count);
  bool reads_begun(std::size_t count);
  // Writes a record behind the ledger's back.
  void write_as_somebody_else(const trust::BundleRecord& record, std::uint64_t expected_revision);
  void write_as_somebody_else(const store::Batch& batch);

  std::vector<store::Batch> batches() const;  // of every write that was answered, refused ones included
  std::vector<trust::HistoryLimits> prunings() const;
  std::size_t reads() const;  // of histories, begun since the start
  store::Loaded loaded();
  std::vector<trust::BundleRecord> stored() { return loaded().records; }
  std::vector<trust::HistoryEntryPtr> stored_history(const std::string& trust_domain);

  store::Loaded preset;  // what load() returns besides
  std::optional<Error> load_error;

 private:
  friend class FlakyStore;
  Status write(const store::Batch& batch);
  Result<store::StoredHistory> history(const spiffe::TrustDomain& trust_domain, const store::HistoryQuery& query);
  Status prune(const trust::HistoryLimits& limits, Time now);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::MemoryStore store_;
  std::function<std::optional<Error>(const store::Batch&)> judge_;
  std::optional<Error> read_refusal_;
  bool hanging_ = false, reads_hanging_ = false;
  std::size_t begun_ = 0, reads_begun_ = 0;
  std::vector<store::Batch> batches_;
  std::vector<trust::HistoryLimits> prunings_;
};

class FlakyStore final : public store::Store {
 public:
  explicit FlakyStore(std::shared_ptr<StoreControl> control) : control_(std::move(control)) {}
  Result<store::Loaded> load() override;
  Status write(const store::Batch& batch) override { return control_->write(batch); }
  Result<store::StoredHistory> history(const spiffe::TrustDomain& trust_domain,
                                       const store::HistoryQuery& query) override {
    return control_->history(trust_domain, query);
  }
  Status prune_history(const trust::HistoryLimits& limits, Time now) override { return control_->prune(limits, now); }

 private:
  std::shared_ptr<StoreControl> control_;
};

}  // namespace entente::test
