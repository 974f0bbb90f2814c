#include "common/client/answers.hpp"

#include <google/protobuf/util/json_util.h>

#include "common/base/secret.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "spiffe/workload/workload.pb.h"

namespace entente::client {
namespace {

Error schema(const std::string& what) { return Error(Errc::schema, "workload api answer: " + what); }

// An empty value is an empty bundle: what was held of that domain is to go (WA-3).
Result<spiffe::BundlePtr> read_x509_bundle(const spiffe::TrustDomain& trust_domain, const std::string& der) {
  Result<std::vector<crypto::Certificate>> certificates = crypto::certificates_from_der(as_bytes(der));
  if (!certificates) return schema("bundle of " + trust_domain.name() + ": " + certificates.error().message());
  auto bundle = std::make_shared<spiffe::Bundle>(trust_domain);
  bundle->x509_authorities = *std::move(certificates);
  return spiffe::BundlePtr(std::move(bundle));
}

Result<spiffe::BundlePtr> read_jwt_bundle(const spiffe::TrustDomain& trust_domain, const std::string& json) {
  Result<spiffe::ParsedBundle> parsed = spiffe::parse_jwt_key_set(trust_domain, json);
  if (!parsed) return schema("bundle of " + trust_domain.name() + ": " + parsed.error().message());
  return spiffe::BundlePtr(std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle)));
}

template <class Map, class Read>
Status read_bundles(const Map& from, const Read& read, spiffe::BundleSet& into) {
  for (const auto& [name, bytes] : from) {
    const Result<spiffe::TrustDomain> trust_domain = spiffe::TrustDomain::parse_name_or_id(name);
    if (!trust_domain) return schema("bundle of \"" + name + "\": " + trust_domain.error().message());
    const Result<spiffe::BundlePtr> bundle = read(*trust_domain, bytes);
    if (!bundle) return bundle.error();
    into.insert_or_assign(*trust_domain, *bundle);
  }
  return ok();
}

Result<spiffe::X509Svid> read_svid(const X509SVID& from) {
  const auto bad = [&](const std::string& what) { return schema("svid \"" + from.spiffe_id() + "\": " + what); };
  if (from.spiffe_id().empty() || from.x509_svid().empty() || from.x509_svid_key().empty() || from.bundle().empty()) {
    return bad("a mandatory field is missing");
  }
  Result<std::vector<crypto::Certificate>> chain = crypto::certificates_from_der(as_bytes(from.x509_svid()));
  if (!chain) return bad("x509_svid: " + chain.error().message());
  Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pkcs8_der(as_bytes(from.x509_svid_key()));
  if (!key) return bad("x509_svid_key: " + key.error().message());
  Result<spiffe::X509Svid> svid = spiffe::make_x509_svid(*std::move(chain), *std::move(key), from.hint());
  if (!svid) return bad(svid.error().message());
  if (svid->id.str() != from.spiffe_id()) return bad("its certificate is for " + svid->id.str());
  return svid;
}

struct WipeKeys {
  X509SVIDResponse& response;
  ~WipeKeys() {
    for (X509SVID& svid : *response.mutable_svids()) {
      wipe(svid.mutable_x509_svid_key()->data(), svid.x509_svid_key().size());
    }
  }
};

}  // namespace

Result<X509Context> read_answer(X509SVIDResponse& response) {
  const WipeKeys at_end{response};
  if (response.svids().empty()) return schema("no svid in it");
  X509Context context;
  if (const Status s = read_bundles(response.federated_bundles(), read_x509_bundle, context.bundles); !s)
    return s.error();
  for (const X509SVID& each : response.svids()) {
    Result<spiffe::X509Svid> svid = read_svid(each);
    if (!svid) return svid.error();
    const Result<spiffe::BundlePtr> bundle = read_x509_bundle(svid->id.trust_domain(), each.bundle());
    if (!bundle) return bundle.error();
    context.bundles.insert_or_assign(svid->id.trust_domain(), *bundle);
    context.svids.push_back(*std::move(svid));
  }
  return context;
}

Result<spiffe::BundleSet> read_answer(X509BundlesResponse& response) {
  spiffe::BundleSet bundles;
  if (const Status s = read_bundles(response.bundles(), read_x509_bundle, bundles); !s) return s.error();
  return bundles;
}

Result<spiffe::BundleSet> read_answer(JWTBundlesResponse& response) {
  spiffe::BundleSet bundles;
  if (const Status s = read_bundles(response.bundles(), read_jwt_bundle, bundles); !s) return s.error();
  return bundles;
}

Result<std::vector<JwtSvid>> read_answer(JWTSVIDResponse& response) {
  if (response.svids().empty()) return schema("no svid in it");
  std::vector<JwtSvid> svids;
  for (const JWTSVID& each : response.svids()) {
    Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(each.spiffe_id());
    if (!id) return schema("svid \"" + each.spiffe_id() + "\": " + id.error().message());
    const Result<spiffe::UnverifiedJwt> token = spiffe::parse_jwt_svid(each.svid());
    if (!token) return schema("svid \"" + id->str() + "\": " + token.error().message());
    if (token->subject != *id) return schema("svid \"" + id->str() + "\": its token is for " + token->subject.str());
    svids.push_back(JwtSvid{*std::move(id), each.svid(), each.hint()});
  }
  return svids;
}

Result<ValidatedJwt> read_answer(ValidateJWTSVIDResponse& response) {
  Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(response.spiffe_id());
  if (!id) return schema("spiffe_id: " + id.error().message());
  if (!response.has_claims()) return schema("no claims in it");
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(response.claims(), &json).ok()) return schema("claims: no JSON");
  return ValidatedJwt{*std::move(id), std::move(json)};
}

}  // namespace entente::client
