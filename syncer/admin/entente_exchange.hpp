// entente.v1's calls about bundles as signed files: ours out, a peer's in.
#pragma once

#include "common/spiffe/signed_bundle.hpp"
#include "entente/v1/admin.pb.h"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// Lives on the control thread. Requests and responses outlive the answers.
class EntenteExchange {
 public:
  EntenteExchange(AdminParts parts, Calls calls) : parts_(std::move(parts)), calls_(std::move(calls)) {}

  using Answer = Calls::Answer;
  Answer export_bundle(entente::v1::ExportBundleResponse* response);
  // Of a trust domain that is federated. Verified by what is held of the endpoint ID's trust domain, or by the
  // fingerprint that the operator gives; an https_web relationship has no endpoint ID and takes the latter alone. Then
  // the relationship's rules apply, as to a fetched bundle.
  Answer import_bundle(const entente::v1::ImportBundleRequest* request, entente::v1::ImportBundleResponse* response,
                       trust::Actor by);

 private:
  Status verify(const spiffe::UnverifiedSignedBundle& file, const trust::Relationship& relationship,
                const std::string& fingerprint) const;

  AdminParts parts_;
  Calls calls_;
};

}  // namespace entente::syncer
