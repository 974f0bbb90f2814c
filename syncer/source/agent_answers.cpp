#include "syncer/source/agent_answers.hpp"

#include <algorithm>

namespace entente::syncer {
namespace {

constexpr std::size_t most_named = 3;

std::string names_of(const spiffe::BundleSet& bundles) {
  if (bundles.empty()) return "no trust domain";
  std::string names;
  std::size_t named = 0;
  for (const auto& [trust_domain, bundle] : bundles) {
    if (named++ == most_named) return names + " and " + std::to_string(bundles.size() - most_named) + " more";
    names += (names.empty() ? "" : ", ") + trust_domain.name();
  }
  return names;
}

}  // namespace

Status AgentAnswers::heard_x509(const spiffe::BundleSet& bundles) {
  const auto ours = bundles.find(trust_domain_);
  if (ours == bundles.end())
    return Error(Errc::wrong_spiffe_id, "the agent has bundles of " + names_of(bundles) + " and none of " +
                                            trust_domain_.name() +
                                            ": name the socket of this trust domain's agent, or its trust_domain");
  x509_ = ours->second->x509_authorities;
  return ok();
}

void AgentAnswers::heard_jwt(const spiffe::BundleSet& bundles) {
  const auto ours = bundles.find(trust_domain_);
  if (ours == bundles.end()) return has_no_jwt();
  jwt_ = ours->second->jwt_authorities;
}

std::optional<spiffe::Bundle> AgentAnswers::merged(const spiffe::Bundle* in_use) const {
  if (!x509_ && !jwt_ && !jwt_is_silent_) return std::nullopt;
  const bool x509_known = x509_ || in_use != nullptr;
  const bool jwt_known = jwt_ || jwt_is_silent_ || in_use != nullptr;
  if (!x509_known || !jwt_known) return std::nullopt;
  spiffe::Bundle bundle(trust_domain_);
  bundle.x509_authorities = x509_ ? *x509_ : in_use->x509_authorities;
  if (jwt_) {
    bundle.jwt_authorities = *jwt_;
  } else if (in_use != nullptr) {
    bundle.jwt_authorities = in_use->jwt_authorities;
  }
  return bundle;
}

}  // namespace entente::syncer
