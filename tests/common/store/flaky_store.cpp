#include "tests/common/store/flaky_store.hpp"

#include <chrono>

namespace entente::test {
namespace {

constexpr std::chrono::seconds patience(10);

}  // namespace

void StoreControl::refuse_with(std::optional<Error> error) {
  refuse_if([error = std::move(error)](const store::Batch&) { return error; });
}

void StoreControl::refuse_if(std::function<std::optional<Error>(const store::Batch&)> judge) {
  const std::lock_guard lock(mutex_);
  judge_ = std::move(judge);
}

void StoreControl::refuse_reads_with(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  read_refusal_ = std::move(error);
}

void StoreControl::hang() {
  const std::lock_guard lock(mutex_);
  hanging_ = true;
}

void StoreControl::hang_reads() {
  const std::lock_guard lock(mutex_);
  reads_hanging_ = true;
}

void StoreControl::release() {
  const std::lock_guard lock(mutex_);
  hanging_ = false;
  reads_hanging_ = false;
  changed_.notify_all();
}

bool StoreControl::writes_begun(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return begun_ >= count; });
}

bool StoreControl::reads_begun(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return reads_begun_ >= count; });
}

void StoreControl::write_as_somebody_else(const trust::BundleRecord& record, std::uint64_t expected_revision) {
  store::Batch batch;
  batch.changes = {{record.trust_domain(), expected_revision, std::make_shared<const trust::BundleRecord>(record)}};
  write_as_somebody_else(batch);
}

void StoreControl::write_as_somebody_else(const store::Batch& batch) {
  const std::lock_guard lock(mutex_);
  store_.write(batch).value();
}

std::vector<store::Batch> StoreControl::batches() const {
  const std::lock_guard lock(mutex_);
  return batches_;
}

std::vector<trust::HistoryLimits> StoreControl::prunings() const {
  const std::lock_guard lock(mutex_);
  return prunings_;
}

std::size_t StoreControl::reads() const {
  const std::lock_guard lock(mutex_);
  return reads_begun_;
}

store::Loaded StoreControl::loaded() {
  const std::lock_guard lock(mutex_);
  return store_.load().value();
}

std::vector<trust::HistoryEntryPtr> StoreControl::stored_history(const std::string& trust_domain) {
  store::HistoryQuery all;
  all.limit = std::numeric_limits<std::size_t>::max();
  const std::lock_guard lock(mutex_);
  return store_.history(spiffe::TrustDomain::parse(trust_domain).value(), all).value().entries;
}

Status StoreControl::write(const store::Batch& batch) {
  std::unique_lock lock(mutex_);
  ++begun_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !hanging_; });
  batches_.push_back(batch);
  if (const auto refusal = judge_ ? judge_(batch) : std::nullopt) return *refusal;
  return store_.write(batch);
}

Result<store::StoredHistory> StoreControl::history(const spiffe::TrustDomain& trust_domain,
                                                   const store::HistoryQuery& query) {
  std::unique_lock lock(mutex_);
  ++reads_begun_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !reads_hanging_; });
  if (read_refusal_) return *read_refusal_;
  return store_.history(trust_domain, query);
}

Status StoreControl::prune(const trust::HistoryLimits& limits, Time now) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !hanging_; });
  prunings_.push_back(limits);
  return store_.prune_history(limits, now);
}

Result<store::Loaded> FlakyStore::load() {
  if (control_->load_error) return *control_->load_error;
  store::Loaded loaded = control_->loaded();
  const store::Loaded& preset = control_->preset;
  loaded.records.insert(loaded.records.end(), preset.records.begin(), preset.records.end());
  loaded.unreadable = preset.unreadable;
  loaded.unreadable_definitions = preset.unreadable_definitions;
  return loaded;
}

}  // namespace entente::test
