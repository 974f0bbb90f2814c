// Where the Workload API gets identities from: a true edge. The embedded issuer now; an agent later.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "workload/attest/selectors.hpp"

namespace entente::workload {

struct X509Identity {
  spiffe::X509SvidPtr svid;
  // Whose bundles go with it; null: every federated trust domain.
  std::optional<std::vector<spiffe::TrustDomain>> federates_with;
};

struct JwtIdentity {
  spiffe::SpiffeId id;
  std::string token;
  std::string hint;
};

// All calls are thread-safe and may take as long as a signature; what is the same for several callers is made once.
class IdentitySource {
 public:
  virtual ~IdentitySource() = default;

  // The identities a caller is entitled to, in order (the first is its default, WA-12); empty: none. Each is good for
  // at least half its lifetime as long as changed() is followed.
  virtual Result<std::vector<X509Identity>> x509_identities(const Selectors& selectors) = 0;

  // A JWT-SVID for `audience` of each identity, or of `wanted` alone. Errc::permission_denied when `wanted` is not the
  // caller's; empty when the caller has none.
  virtual Result<std::vector<JwtIdentity>> jwt_identities(const Selectors& selectors,
                                                          const std::vector<std::string>& audience,
                                                          const std::optional<spiffe::SpiffeId>& wanted) = 0;

  // Whether the caller has any identity, and whose bundles its identities federate with (null: everyone's). For
  // bundles.
  struct Entitlement {
    bool any = false;
    bool all_federated = false;
    std::vector<spiffe::TrustDomain> federated;  // sorted; where not all
  };
  virtual Entitlement entitlement(const Selectors& selectors) = 0;

  // `listener` is called, on any thread and without a lock held by the caller's side, when identities may have changed:
  // entries, a renewal at half life, another authority. Ends with the returned object.
  [[nodiscard]] virtual std::shared_ptr<void> on_change(std::function<void()> listener) = 0;
};

}  // namespace entente::workload
