#include "common/store/memory_store.hpp"

namespace entente::store {

Result<Loaded> MemoryStore::load() {
  Loaded loaded;
  for (const auto& [trust_domain, record] : records_) loaded.records.push_back(*record);
  return loaded;
}

Status MemoryStore::write(std::span<const Change> changes) {
  auto next = records_;
  for (const Change& change : changes) {
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
  return ok();
}

}  // namespace entente::store
