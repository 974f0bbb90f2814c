#include "workload/api/access.hpp"

namespace entente::workload {
namespace {

Error no_identity() {
  return Error(Errc::permission_denied, "no identity issued: no registration entry matches the caller");
}

Error no_issuer() {
  return Error(Errc::permission_denied,
               "no identity issued: this Workload API hands out bundles alone, nobody issues here");
}

}  // namespace

Result<Visibility> Access::bundles_for(const Workload& who) const {
  if (identities_ != nullptr) {
    Result<IdentitySource::Entitlement> entitlement = identities_->entitlement(who);
    if (!entitlement && !allow_verifiers_) return entitlement.error();
    if (entitlement && entitlement->any && entitlement->all_federated) return Visibility{true, {}};
    if (entitlement && entitlement->any) return Visibility{false, std::move(entitlement->federated)};
  }
  if (allow_verifiers_) return Visibility{true, {}};
  return no_identity();
}

Result<std::vector<X509Identity>> Access::x509_for(const Workload& who) const {
  if (identities_ == nullptr) return no_issuer();
  Result<std::vector<X509Identity>> identities = identities_->x509_identities(who);
  if (identities && identities->empty()) return no_identity();
  return identities;
}

Result<std::vector<JwtIdentity>> Access::jwt_for(const Workload& who, const std::vector<std::string>& audience,
                                                 const std::optional<spiffe::SpiffeId>& wanted) const {
  if (identities_ == nullptr) return no_issuer();
  Result<std::vector<JwtIdentity>> identities = identities_->jwt_identities(who, audience, wanted);
  if (identities && identities->empty()) return no_identity();
  return identities;
}

}  // namespace entente::workload
