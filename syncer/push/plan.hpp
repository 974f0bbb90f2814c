// What is to be pushed to one target: decided purely, from what is in use here, what the target holds, and what was
// pushed there before. docs/design.md, Push.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/trust/snapshot.hpp"
#include "syncer/push/target.hpp"

namespace entente::syncer {

using TrustDomains = std::set<spiffe::TrustDomain>;

// Every federated bundle in use, never our own trust domain's; and an empty one for each trust domain of `pushed` that
// goes on with nothing in use (`bundle delete` of a relationship that stays, or a first bundle that waits again): what
// was withdrawn here is withdrawn there. Held and rejected bundles are not in use.
std::map<spiffe::TrustDomain, spiffe::BundlePtr> bundles_to_push(const trust::Snapshot& snapshot,
                                                                 const TrustDomains& pushed);

// A bundle that the target is to hold.
struct WantedBundle {
  spiffe::BundlePtr bundle;
  std::string fingerprint;  // PushTarget::fingerprint(*bundle)
};
using WantedBundles = std::map<spiffe::TrustDomain, WantedBundle>;

struct PushPlan {
  std::vector<spiffe::TrustDomain> removals;  // first: nothing goes before the end of trust
  std::vector<spiffe::TrustDomain> sets;      // empty bundles first
  std::vector<spiffe::TrustDomain> claims;    // of the wanted: to be remembered as pushed, before anything is set
  std::vector<spiffe::TrustDomain> releases;  // remembered as pushed, and ours no more: gone there, or reserved
};

// Ours to manage are the trust domains that are federated here, whoever put a bundle of theirs there before, and those
// that were pushed before. Never what is reserved. A wanted bundle that is empty is no reason to put one where there is
// none. What was pushed, is not wanted and does not go on (`goes_on`: its relationship is still there, and nothing is
// known of its bundle, as after a start without a store) is removed.
PushPlan plan_push(const WantedBundles& wanted, const Holdings& holdings, const TrustDomains& pushed,
                   const std::function<bool(const spiffe::TrustDomain&)>& goes_on);

}  // namespace entente::syncer
