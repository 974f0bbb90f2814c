#include "tests/workload/support/fake_identities.hpp"

#include <unistd.h>

#include <algorithm>

namespace entente::test {

std::string own_uid_selector() { return "unix:uid:" + std::to_string(::geteuid()); }

void FakeIdentities::set(std::vector<Entry> entries) {
  {
    const std::lock_guard lock(mutex_);
    entries_ = std::move(entries);
  }
  listeners_.call();
}

void FakeIdentities::fail(bool failing) {
  {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  listeners_.call();
}

std::vector<FakeIdentities::Entry> FakeIdentities::matching(const workload::Selectors& selectors) const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> found;
  for (const Entry& entry : entries_) {
    const auto same = [&](const trust::Selector& selector) { return selector.str() == entry.selector; };
    if (std::any_of(selectors.begin(), selectors.end(), same)) found.push_back(entry);
  }
  return found;
}

std::shared_ptr<void> FakeIdentities::attend(const workload::Workload&) {
  ++attended_;
  return std::shared_ptr<void>(this, [](void* self) { --static_cast<FakeIdentities*>(self)->attended_; });
}

void FakeIdentities::lose(bool lost) {
  {
    const std::lock_guard lock(mutex_);
    lost_ = lost;
  }
  listeners_.call();
}

Result<std::vector<workload::X509Identity>> FakeIdentities::x509_identities(const workload::Workload& who) {
  std::vector<workload::X509Identity> identities;
  for (const Entry& entry : matching(who.selectors)) identities.push_back({entry.svid, entry.federates_with});
  const std::lock_guard lock(mutex_);
  if (failing_) return Error(Errc::unavailable, "minting fails");
  if (lost_) return Error(Errc::unavailable, "the agent is away");
  return identities;
}

Result<std::vector<workload::JwtIdentity>> FakeIdentities::jwt_identities(
    const workload::Workload& who, const std::vector<std::string>& audience,
    const std::optional<spiffe::SpiffeId>& wanted) {
  std::vector<workload::JwtIdentity> identities;
  for (const Entry& entry : matching(who.selectors)) {
    if (wanted && *wanted != entry.svid->id) continue;
    identities.push_back({entry.svid->id, issuer_.token(entry.svid->id.path(), audience), entry.svid->hint});
  }
  if (wanted && identities.empty()) return Error(Errc::permission_denied, "not entitled to " + wanted->str());
  return identities;
}

Result<workload::IdentitySource::Entitlement> FakeIdentities::entitlement(const workload::Workload& who) {
  Entitlement entitlement;
  {
    const std::lock_guard lock(mutex_);
    if (lost_) return Error(Errc::unavailable, "the agent is away");
  }
  for (const Entry& entry : matching(who.selectors)) {
    entitlement.any = true;
    if (!entry.federates_with) return Entitlement{true, true, {}};
    entitlement.federated.insert(entitlement.federated.end(), entry.federates_with->begin(),
                                 entry.federates_with->end());
  }
  std::sort(entitlement.federated.begin(), entitlement.federated.end());
  return entitlement;
}

}  // namespace entente::test
