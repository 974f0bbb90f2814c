// A store that a test makes refuse or hang, and that counts what it is asked.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "common/store/memory_store.hpp"

namespace entente::test {

// What a test holds of a store that its ledger owns. Thread-safe.
class StoreControl {
 public:
  void refuse_with(std::optional<Error> error);  // null: take everything again
  void hang();
  void release();
  // Waits (bounded) until this many writes have begun since the start.
  bool writes_begun(std::size_t count);
  // Writes a record behind the ledger's back.
  void write_as_somebody_else(const trust::BundleRecord& record, std::uint64_t expected_revision);

  std::vector<std::vector<store::Change>> batches() const;  // of every write that was answered, refused ones included
  std::vector<trust::BundleRecord> stored();

  store::Loaded preset;  // what load() returns besides
  std::optional<Error> load_error;

 private:
  friend class FlakyStore;
  Status write(std::span<const store::Change> changes);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::MemoryStore store_;
  std::optional<Error> refusal_;
  bool hanging_ = false;
  std::size_t begun_ = 0;
  std::vector<std::vector<store::Change>> batches_;
};

class FlakyStore final : public store::Store {
 public:
  explicit FlakyStore(std::shared_ptr<StoreControl> control) : control_(std::move(control)) {}
  Result<store::Loaded> load() override;
  Status write(std::span<const store::Change> changes) override { return control_->write(changes); }

 private:
  std::shared_ptr<StoreControl> control_;
};

}  // namespace entente::test
