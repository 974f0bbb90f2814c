// What a caller may see: decided from what it proved to be and the configuration alone. Workload Endpoint 6; WE-5.
#pragma once

#include "common/base/result.hpp"
#include "workload/api/answers.hpp"
#include "workload/api/identity_source.hpp"

namespace entente::workload {

class Access {
 public:
  // `identities` may be null: nobody has an identity.
  Access(IdentitySource* identities, bool allow_unauthenticated_verifiers)
      : identities_(identities), allow_verifiers_(allow_unauthenticated_verifiers) {}

  // IdentitySource::attend, where there is a source.
  std::shared_ptr<void> attend(const Workload& who) const {
    return identities_ == nullptr ? nullptr : identities_->attend(who);
  }

  // Whose bundles the caller gets, and whose tokens it may have validated: so that ValidateJWTSVID answers as the
  // caller itself would with the bundles it holds. Errc::permission_denied without an identity, unless verifiers need
  // none.
  Result<Visibility> bundles_for(const Workload& who) const;

  // Never empty: Errc::permission_denied when the caller has none.
  Result<std::vector<X509Identity>> x509_for(const Workload& who) const;
  Result<std::vector<JwtIdentity>> jwt_for(const Workload& who, const std::vector<std::string>& audience,
                                           const std::optional<spiffe::SpiffeId>& wanted) const;

 private:
  IdentitySource* identities_;
  bool allow_verifiers_;
};

}  // namespace entente::workload
