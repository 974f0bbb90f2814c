// What an agent has said of our trust domain over the two bundle streams of its Workload API, and the one bundle that
// follows from it: decided purely. Workload API 5.2.3, 6.2.3.
#pragma once

#include <optional>
#include <vector>

#include "common/spiffe/bundle_set.hpp"

namespace entente::syncer {

// A value. What the agent has not said takes nothing away: a half without an answer stays what it was.
class AgentAnswers {
 public:
  explicit AgentAnswers(spiffe::TrustDomain trust_domain) : trust_domain_(std::move(trust_domain)) {}

  // A full answer of FetchX509Bundles. One without our trust domain is of some other domain's agent:
  // Errc::wrong_spiffe_id, and nothing of it counts. An empty set of ours is the agent's word and counts (WA-3).
  Status heard_x509(const spiffe::BundleSet& bundles);
  // A full answer of FetchJWTBundles. One without our trust domain says no more than has_no_jwt().
  void heard_jwt(const spiffe::BundleSet& bundles);
  // The agent does not serve JWT bundles: there are no JWT keys where none are known. Those that are known stay.
  void has_no_jwt() { jwt_is_silent_ = true; }

  // The bundle to publish. `in_use`: what this same agent's answers came to before; null: nothing. Null while one half
  // is neither answered nor in use, and while nothing was heard at all.
  std::optional<spiffe::Bundle> merged(const spiffe::Bundle* in_use) const;

 private:
  spiffe::TrustDomain trust_domain_;
  std::optional<std::vector<crypto::Certificate>> x509_;
  std::optional<std::vector<spiffe::JwtAuthority>> jwt_;
  bool jwt_is_silent_ = false;
};

}  // namespace entente::syncer
