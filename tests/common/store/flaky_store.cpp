#include "tests/common/store/flaky_store.hpp"

#include <chrono>

namespace entente::test {

void StoreControl::refuse_with(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(error);
}

void StoreControl::hang() {
  const std::lock_guard lock(mutex_);
  hanging_ = true;
}

void StoreControl::release() {
  const std::lock_guard lock(mutex_);
  hanging_ = false;
  changed_.notify_all();
}

bool StoreControl::writes_begun(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return begun_ >= count; });
}

void StoreControl::write_as_somebody_else(const trust::BundleRecord& record, std::uint64_t expected_revision) {
  const std::lock_guard lock(mutex_);
  const store::Change change{record.trust_domain(), expected_revision,
                             std::make_shared<const trust::BundleRecord>(record)};
  store_.write(std::span(&change, 1)).value();
}

std::vector<std::vector<store::Change>> StoreControl::batches() const {
  const std::lock_guard lock(mutex_);
  return batches_;
}

std::vector<trust::BundleRecord> StoreControl::stored() {
  const std::lock_guard lock(mutex_);
  return store_.load().value().records;
}

Status StoreControl::write(std::span<const store::Change> changes) {
  std::unique_lock lock(mutex_);
  ++begun_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !hanging_; });
  batches_.emplace_back(changes.begin(), changes.end());
  if (refusal_) return *refusal_;
  return store_.write(changes);
}

Result<store::Loaded> FlakyStore::load() {
  if (control_->load_error) return *control_->load_error;
  store::Loaded loaded = control_->preset;
  for (auto& record : control_->stored()) loaded.records.push_back(std::move(record));
  return loaded;
}

}  // namespace entente::test
