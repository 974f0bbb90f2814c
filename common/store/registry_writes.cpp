#include "common/store/registry_writes.hpp"

#include <algorithm>

namespace entente::store {
namespace {

void answer(RegistryWrite& write, const Status& outcome) {
  write.outcome = outcome;
  write.answered.raise();
}

}  // namespace

void RegistryWrites::seed(const Loaded& loaded) {
  for (const auto& relationship : loaded.relationships)
    held_.relationships.emplace(relationship->trust_domain, relationship);
  held_.entries = loaded.entries;
  for (const auto& bad : loaded.unreadable_definitions) unreadable_.insert(bad.name);
}

bool RegistryWrites::take_back(const std::shared_ptr<RegistryWrite>& write) { return std::erase(queue_, write) > 0; }

std::vector<RegistryChange> RegistryWrites::begin() {
  if (queue_.empty()) return {};
  under_way_ = std::move(queue_.front());
  queue_.pop_front();
  return under_way_->changes;
}

void RegistryWrites::settle(const Status& outcome) {
  if (!under_way_) return;
  const auto write = std::move(under_way_);
  under_way_ = nullptr;
  if (outcome) {
    for (const auto& change : write->changes) {
      held_.apply(change);
      unreadable_.erase(describe(change));
    }
  }
  answer(*write, outcome);
}

void RegistryWrites::refuse_all(const Error& reason) {
  for (const auto& write : queue_) answer(*write, reason);
  queue_.clear();
}

}  // namespace entente::store
