// What the Workload API answers, as pure functions of a snapshot and of what the caller is entitled to. Workload API
// 5-6; WA-5 to WA-10.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/trust/snapshot.hpp"
#include "workload/api/identity_source.hpp"
#include "workload/api/message.hpp"

namespace entente::workload {

// Whose federated bundles a caller gets beside the own one: everyone's, or those of sorted names.
struct Visibility {
  bool all = false;
  std::vector<spiffe::TrustDomain> federated;
  friend auto operator<=>(const Visibility&, const Visibility&) = default;

  bool includes(const spiffe::TrustDomain& trust_domain) const;
};
Visibility visibility_of(const std::vector<X509Identity>& identities);

// Errc::unavailable, with the reason, while the own bundle is not there yet. No own trust domain is no obstacle.
Status check_ready(const trust::Snapshot& snapshot);

// FetchX509Bundles: own trust domain always, federated ones where they have an X.509 authority. Keys "spiffe://td".
Result<Message> x509_bundles(const trust::Snapshot& snapshot, const Visibility& visibility);
// FetchJWTBundles: likewise; plain JWK Sets without `use` (WA-9).
Result<Message> jwt_bundles(const trust::Snapshot& snapshot, const Visibility& visibility);
// FetchX509SVID: `identities` in order and never empty; where two have the same hint the later goes without (WA-6). The
// identities' trust domains need an X.509 authority: Errc::unavailable until they have one.
Result<Message> x509_svids(const trust::Snapshot& snapshot, const std::vector<X509Identity>& identities);

}  // namespace entente::workload
