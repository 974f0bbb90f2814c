#include "syncer/admin/entente_exchange.hpp"

#include "syncer/admin/messages.hpp"
#include "syncer/admin/waiting_polls.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

// Where the record says a bundle came from.
constexpr const char* signed_file = "signed file";

void put_outcome(const trust::Decision& decision, v1::ImportBundleResponse& response) {
  if (const auto* accepted = std::get_if<trust::Accept>(&decision)) {
    response.set_outcome(v1::ImportBundleResponse::OUTCOME_ACCEPTED);
    response.set_summary(accepted->summary);
  } else if (const auto* hold = std::get_if<trust::Hold>(&decision)) {
    response.set_outcome(v1::ImportBundleResponse::OUTCOME_HELD);
    response.set_summary(hold->summary);
  } else {
    const bool held = std::get<trust::Unchanged>(decision).held;
    response.set_outcome(held ? v1::ImportBundleResponse::OUTCOME_HELD : v1::ImportBundleResponse::OUTCOME_UNCHANGED);
    response.set_summary(held ? "it waits for approval already" : "it is in use already");
  }
}

}  // namespace

EntenteExchange::Answer EntenteExchange::export_bundle(v1::ExportBundleResponse* response) {
  const trust::SnapshotPtr snapshot = parts_.ledger.current();
  if (!snapshot->own) co_return Error(Errc::unsupported, "this Entente has no trust domain of its own to export");
  const trust::RecordPtr own = snapshot->own_record();
  if (!own) co_return Error(Errc::unavailable, "our own bundle is not there yet");
  if (!parts_.endpoint_svid)
    co_return Error(Errc::unsupported,
                    "nothing here signs: an exported bundle is signed with the X509-SVID of "
                    "bundle_endpoint.https_spiffe.spiffe_id, from the embedded issuer or from its svid files; an "
                    "https_web endpoint has none, and of a Workload API's only the server has the key");
  const Result<spiffe::X509Svid> svid = co_await parts_.endpoint_svid();
  if (!svid) co_return svid.error().within("the endpoint's X509-SVID");
  const Time now = parts_.clock.now();
  Result<std::string> file = spiffe::sign_bundle(*own->bundle, now, *svid);
  if (!file) co_return file.error();
  const crypto::Certificate& leaf = svid->chain.front();
  response->set_jws(*std::move(file));
  response->set_trust_domain(snapshot->own->name());
  response->set_spiffe_id(svid->id.str());
  response->set_fingerprint(hex_encode(leaf.fingerprint()));
  if (own->bundle->sequence) response->set_sequence(*own->bundle->sequence);
  set_timestamp(*response->mutable_issued_at(), from_unix_seconds(unix_seconds(now)));
  set_timestamp(*response->mutable_expires_at(), leaf.not_after());
  co_return ok();
}

Status EntenteExchange::verify(const spiffe::UnverifiedSignedBundle& file, const trust::Relationship& relationship,
                               const std::string& fingerprint) const {
  const Time now = parts_.clock.now();
  const auto* profile = std::get_if<trust::HttpsSpiffe>(&relationship.profile);
  if (!fingerprint.empty()) {
    std::optional<spiffe::SpiffeId> expected;
    if (profile != nullptr) expected = profile->endpoint_spiffe_id;
    return spiffe::verify_signed_bundle(file, expected, fingerprint, now);
  }
  const std::string ask = "; give the fingerprint that the peer's `bundle export` printed";
  if (profile == nullptr)
    return Error(Errc::invalid_argument, "fingerprint: " + relationship.trust_domain.name() +
                                             " is https_web and has no endpoint ID to verify the file with" + ask);
  const spiffe::SpiffeId& id = profile->endpoint_spiffe_id;
  const trust::RecordPtr held = parts_.ledger.current()->find(id.trust_domain());
  if (!held)
    return Error(Errc::no_bootstrap_bundle,
                 "no bundle of " + id.trust_domain().name() + " is held to verify the file with" + ask);
  return spiffe::verify_signed_bundle(file, id, *held->bundle, now);
}

EntenteExchange::Answer EntenteExchange::import_bundle(const v1::ImportBundleRequest* request,
                                                       v1::ImportBundleResponse* response, trust::Actor by) {
  Result<spiffe::UnverifiedSignedBundle> file = spiffe::parse_signed_bundle(request->jws());
  if (!file) co_return Error(Errc::invalid_argument, "jws: " + file.error().message());
  const spiffe::TrustDomain domain = file->bundle.trust_domain;
  if (domain == parts_.ledger.current()->own)
    co_return Error(Errc::invalid_argument, "jws: a bundle of " + domain.name() + ", which is our own trust domain");
  // To the end: what is imported must not outlive a relationship that is deleted meanwhile.
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  const trust::RelationshipPtr relationship = parts_.relationships.find(domain);
  if (!relationship)
    co_return Error(Errc::not_found, domain.name() + " is not federated; create the relationship first");
  const Status verified = verify(*file, *relationship, request->fingerprint());
  if (!verified) co_return verified.error();

  const auto bundle = std::make_shared<const spiffe::Bundle>(std::move(file->bundle));
  const trust::Provenance from{signed_file, "", file->fingerprint()};
  const trust::Rules rules{relationship->sequence,
                           relationship->policy ? *relationship->policy : parts_.relationships.default_policy()};
  const auto decision = co_await parts_.operators.import(bundle, from, rules, std::move(by));
  if (!decision) co_return decision.error();
  if (const auto* refused = std::get_if<trust::Refuse>(&*decision)) co_return refused->reason;
  if (std::holds_alternative<trust::Accept>(*decision)) poll_who_waits_for(parts_, domain);
  put_outcome(*decision, *response);
  response->set_trust_domain(domain.name());
  response->set_digest(spiffe::authorities_digest(*bundle));
  if (bundle->sequence) response->set_sequence(*bundle->sequence);
  set_timestamp(*response->mutable_issued_at(), file->issued_at);
  response->set_spiffe_id(file->signer.str());
  response->set_fingerprint(file->fingerprint());
  co_return ok();
}

}  // namespace entente::syncer
