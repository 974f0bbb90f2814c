#include "common/store/backlog.hpp"

#include <algorithm>

namespace entente::store {

void Backlog::seed(const spiffe::TrustDomain& trust_domain, trust::RecordPtr record, std::uint64_t stored_revision) {
  Domain& domain = domains_[trust_domain];
  domain.newest = std::move(record);
  domain.stored_revision = stored_revision;
}

std::uint64_t Backlog::revision(const spiffe::TrustDomain& trust_domain) const {
  const auto place = domains_.find(trust_domain);
  return place != domains_.end() && place->second.newest ? place->second.newest->revision : 0;
}

Numbered Backlog::accept(const spiffe::TrustDomain& trust_domain, trust::RecordPtr record) {
  Domain& domain = domains_[trust_domain];
  domain.newest = std::move(record);
  domain.newest_number = ++last_number_;
  unwritten_.insert(trust_domain);
  return {trust_domain, domain.newest_number, domain.newest};
}

bool Backlog::show(const Numbered& change) {
  const auto place = domains_.find(change.trust_domain);
  if (place == domains_.end() || place->second.visible_number >= change.number) return false;
  place->second.visible_number = change.number;
  return true;
}

std::vector<Change> Backlog::take_batch() {
  batch_.clear();
  std::vector<Change> changes;
  for (const auto& trust_domain : unwritten_) {
    const Domain& domain = domains_.at(trust_domain);
    batch_.push_back({trust_domain, domain.newest_number, domain.newest});
    changes.push_back({trust_domain, domain.stored_revision, domain.newest});
  }
  return changes;
}

std::vector<Settled> Backlog::settle(const std::vector<Status>& outcomes) {
  std::vector<Settled> settled;
  for (std::size_t i = 0; i < batch_.size() && i < outcomes.size(); ++i) {
    const Numbered& change = batch_[i];
    Settled& one = settled.emplace_back(Settled{change, std::nullopt});
    if (!outcomes[i]) {
      one.refusal = outcomes[i].error();
      continue;
    }
    Domain& domain = domains_.at(change.trust_domain);
    domain.stored_number = change.number;
    domain.stored_revision = change.record ? change.record->revision : 0;
    if (domain.newest_number == change.number) unwritten_.erase(change.trust_domain);
    forget_if_gone(change.trust_domain);
  }
  batch_.clear();
  return settled;
}

bool Backlog::persisted(const spiffe::TrustDomain& trust_domain) const {
  const auto place = domains_.find(trust_domain);
  return place == domains_.end() || place->second.persisted();
}

std::vector<std::string> Backlog::in_use_unwritten() const {
  std::vector<std::string> names;
  for (const auto& trust_domain : unwritten_)
    if (!domains_.at(trust_domain).persisted()) names.push_back(trust_domain.name());
  return names;
}

// A withdrawal that the store holds leaves nothing to remember.
void Backlog::forget_if_gone(const spiffe::TrustDomain& trust_domain) {
  const auto place = domains_.find(trust_domain);
  const Domain& domain = place->second;
  if (!domain.newest && domain.stored_number == domain.newest_number && domain.visible_number == domain.newest_number)
    domains_.erase(place);
}

}  // namespace entente::store
