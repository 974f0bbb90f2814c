// Where the Workload API gets identities from: a true edge. The embedded issuer, or an agent that delegates to us.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "workload/attest/workload.hpp"

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

// All calls are thread-safe and may take as long as a signature (jwt_identities also as long as a bounded call to an
// agent); what is the same for several callers is made once. Errc::unavailable, with the reason, where it is not known.
class IdentitySource {
 public:
  virtual ~IdentitySource() = default;

  // While the returned object is held, what `who` is entitled to is kept current. For a worker's thread, before the
  // calls below and while a stream is open: a source that has to ask somebody else waits here for the first answer, so
  // that none of the others has to. Null where there is nothing to keep.
  [[nodiscard]] virtual std::shared_ptr<void> attend(const Workload& who) = 0;

  // The identities a caller is entitled to, in order (the first is its default, WA-12); empty: none. Each is good for
  // at least half its lifetime as long as changed() is followed.
  virtual Result<std::vector<X509Identity>> x509_identities(const Workload& who) = 0;

  // A JWT-SVID for `audience` of each identity, or of `wanted` alone. Errc::permission_denied when `wanted` is not the
  // caller's; empty when the caller has none.
  virtual Result<std::vector<JwtIdentity>> jwt_identities(const Workload& who, const std::vector<std::string>& audience,
                                                          const std::optional<spiffe::SpiffeId>& wanted) = 0;

  // Whether the caller has any identity, and whose bundles its identities federate with (null: everyone's). For
  // bundles.
  struct Entitlement {
    bool any = false;
    bool all_federated = false;
    std::vector<spiffe::TrustDomain> federated;  // sorted; where not all
  };
  virtual Result<Entitlement> entitlement(const Workload& who) = 0;

  // `listener` is called, on any thread and without a lock held by the caller's side, when identities may have changed:
  // entries, a renewal at half life, another authority. Ends with the returned object.
  [[nodiscard]] virtual std::shared_ptr<void> on_change(std::function<void()> listener) = 0;
};

}  // namespace entente::workload
