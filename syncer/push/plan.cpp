#include "syncer/push/plan.hpp"

#include <algorithm>

namespace entente::syncer {

std::map<spiffe::TrustDomain, spiffe::BundlePtr> bundles_to_push(const trust::Snapshot& snapshot,
                                                                 const TrustDomains& pushed) {
  std::map<spiffe::TrustDomain, spiffe::BundlePtr> bundles;
  for (const trust::RecordPtr& record : snapshot.records)
    if (record->trust_domain() != snapshot.own) bundles.emplace(record->trust_domain(), record->bundle);
  for (const trust::RecordPtr& record : snapshot.waiting)
    if (pushed.contains(record->trust_domain()))
      bundles.emplace(record->trust_domain(), std::make_shared<const spiffe::Bundle>(record->trust_domain()));
  return bundles;
}

PushPlan plan_push(const WantedBundles& wanted, const Holdings& holdings, const TrustDomains& pushed,
                   const std::function<bool(const spiffe::TrustDomain&)>& goes_on) {
  PushPlan plan;
  for (const auto& [trust_domain, want] : wanted) {
    if (holdings.reserved.contains(trust_domain)) continue;
    const auto there = holdings.fingerprints.find(trust_domain);
    const bool nothing_there = there == holdings.fingerprints.end();
    if (nothing_there && want.bundle->empty()) continue;
    if (!pushed.contains(trust_domain)) plan.claims.push_back(trust_domain);
    if (nothing_there || there->second != want.fingerprint) plan.sets.push_back(trust_domain);
  }
  // Not of std::ranges: clang 14 cannot read what that returns.
  std::stable_partition(plan.sets.begin(), plan.sets.end(),
                        [&](const auto& each) { return wanted.at(each).bundle->empty(); });
  for (const spiffe::TrustDomain& trust_domain : pushed) {
    if (holdings.reserved.contains(trust_domain)) {
      plan.releases.push_back(trust_domain);
    } else if (!wanted.contains(trust_domain) && !goes_on(trust_domain)) {
      const bool there = holdings.fingerprints.contains(trust_domain);
      (there ? plan.removals : plan.releases).push_back(trust_domain);
    }
  }
  return plan;
}

}  // namespace entente::syncer
