#include "workload/delegated/delegated_answers.hpp"

#include <algorithm>

#include "common/base/secret.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "spire/api/agent/delegatedidentity/v1/delegatedidentity.pb.h"

namespace entente::workload {
namespace {

Error bad(const spire::api::types::SPIFFEID& id, const std::string& what) {
  return Error(Errc::schema, "svid of \"" + id.trust_domain() + id.path() + "\": " + what);
}

Result<spiffe::SpiffeId> read_id(const spire::api::types::SPIFFEID& id) {
  Result<spiffe::SpiffeId> parsed = spiffe::SpiffeId::parse("spiffe://" + id.trust_domain() + id.path());
  if (!parsed) return bad(id, parsed.error().message());
  return parsed;
}

Result<spiffe::X509SvidPtr> read_svid(const delegated_v1::X509SVIDWithKey& from) {
  const auto& id = from.x509_svid().id();
  std::string der;
  for (const std::string& certificate : from.x509_svid().cert_chain()) der += certificate;
  Result<std::vector<crypto::Certificate>> chain = crypto::certificates_from_der(as_bytes(der));
  if (!chain) return bad(id, "cert_chain: " + chain.error().message());
  Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pkcs8_der(as_bytes(from.x509_svid_key()));
  if (!key) return bad(id, "x509_svid_key: " + key.error().message());
  Result<spiffe::X509Svid> svid = spiffe::make_x509_svid(*std::move(chain), *std::move(key), from.x509_svid().hint());
  if (!svid) return bad(id, svid.error().message());
  const Result<spiffe::SpiffeId> said = read_id(id);
  if (!said) return said.error();
  if (svid->id != *said) return bad(id, "its certificate is for " + svid->id.str());
  return std::make_shared<const spiffe::X509Svid>(*std::move(svid));
}

struct WipeKeys {
  delegated_v1::SubscribeToX509SVIDsResponse& response;
  ~WipeKeys() {
    for (delegated_v1::X509SVIDWithKey& svid : *response.mutable_x509_svids())
      wipe(svid.mutable_x509_svid_key()->data(), svid.x509_svid_key().size());
  }
};

}  // namespace

Result<Delegate::Identities> read_answer(delegated_v1::SubscribeToX509SVIDsResponse& response) {
  const WipeKeys at_end{response};
  std::vector<spiffe::TrustDomain> federated;
  for (const std::string& name : response.federates_with()) {
    Result<spiffe::TrustDomain> trust_domain = spiffe::TrustDomain::parse_name_or_id(name);
    if (!trust_domain) return Error(Errc::schema, "federates_with: " + trust_domain.error().message());
    federated.push_back(*std::move(trust_domain));
  }
  std::sort(federated.begin(), federated.end());
  Delegate::Identities identities;
  for (const delegated_v1::X509SVIDWithKey& each : response.x509_svids()) {
    Result<spiffe::X509SvidPtr> svid = read_svid(each);
    if (!svid) return svid.error();
    identities.push_back(X509Identity{*std::move(svid), federated});
  }
  return identities;
}

Result<std::vector<DelegatedJwt>> read_answer(const delegated_v1::FetchJWTSVIDsResponse& response) {
  std::vector<DelegatedJwt> tokens;
  for (const spire::api::types::JWTSVID& each : response.svids()) {
    Result<spiffe::SpiffeId> id = read_id(each.id());
    if (!id) return id.error();
    const Result<spiffe::UnverifiedJwt> token = spiffe::parse_jwt_svid(each.token());
    if (!token) return bad(each.id(), token.error().message());
    if (token->subject != *id) return bad(each.id(), "its token is for " + token->subject.str());
    tokens.push_back({JwtIdentity{*std::move(id), each.token(), each.hint()}, from_unix_seconds(each.issued_at()),
                      from_unix_seconds(each.expires_at())});
  }
  return tokens;
}

}  // namespace entente::workload
