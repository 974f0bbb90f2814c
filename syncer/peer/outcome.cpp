#include "syncer/peer/outcome.hpp"

namespace entente::syncer {
namespace {

constexpr std::uint32_t repeat_line_every = 10;

Result<Anchors> spiffe_anchors(const spiffe::SpiffeId& id, const spiffe::TrustDomain& polled,
                               const trust::Snapshot& snapshot) {
  const std::string& domain = id.trust_domain().name();
  const trust::RecordPtr record = snapshot.find(id.trust_domain());
  if (!record && id.trust_domain() == polled)
    return Error(Errc::no_bootstrap_bundle,
                 "nothing to validate " + id.str() + " with: give this relationship a bootstrap bundle of " + domain);
  if (!record)
    return Error(Errc::no_bootstrap_bundle, "nothing to validate " + id.str() + " with: no bundle of " + domain +
                                                " is held; federate with it too");
  if (record->bundle->x509_authorities.empty())
    return Error(Errc::no_bootstrap_bundle, "nothing to validate " + id.str() + " with: the bundle held of " + domain +
                                                " has no X.509 authority; give a new bootstrap bundle of it");
  return Anchors(SpiffeAnchors{id, record->bundle});
}

std::string_view without_leading_space(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

bool same_trust(const trust::HttpsWeb& a, const trust::HttpsWeb& b) {
  if (a.pins != b.pins) return false;
  if (a.roots == b.roots) return true;
  return a.roots && b.roots && *a.roots == *b.roots;
}

bool same_profile(const trust::EndpointProfile& a, const trust::EndpointProfile& b) {
  if (a.index() != b.index()) return false;
  if (const auto* web = std::get_if<trust::HttpsWeb>(&a)) return same_trust(*web, std::get<trust::HttpsWeb>(b));
  return std::get<trust::HttpsSpiffe>(a).endpoint_spiffe_id == std::get<trust::HttpsSpiffe>(b).endpoint_spiffe_id;
}

// The store keeps no bootstrap bundle of the API's relationships: one without asks for no other than was given.
bool same_bootstrap(const trust::Relationship& running, const trust::Relationship& wanted) {
  const spiffe::BundlePtr &a = running.bootstrap_bundle, &b = wanted.bootstrap_bundle;
  if (a == b || (!b && wanted.source == trust::RelationshipSource::api)) return true;
  return a && b && a->sequence == b->sequence && spiffe::same_authorities(*a, *b);
}

}  // namespace

Result<Anchors> anchors_for(const trust::Relationship& relationship, const trust::Snapshot& snapshot) {
  if (const auto* web = std::get_if<trust::HttpsWeb>(&relationship.profile))
    return Anchors(WebAnchors{web->roots, web->pins});
  const auto& profile = std::get<trust::HttpsSpiffe>(relationship.profile);
  return spiffe_anchors(profile.endpoint_spiffe_id, relationship.trust_domain, snapshot);
}

Result<spiffe::ParsedBundle> read_document(const spiffe::TrustDomain& trust_domain, std::string_view body) {
  const std::string_view text = without_leading_space(body);
  if (text.empty()) return Error(Errc::syntax, "the answer is empty, not a bundle");
  if (text.front() == '<')
    return Error(Errc::syntax, "the answer is not JSON; it begins with '<', as an HTML page does: is the URL right?");
  Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle(trust_domain, body);
  if (!parsed) return parsed.error().within("the answer is not a bundle");
  return parsed;
}

trust::Attempts after_success(trust::Attempts before, Time attempted, Time now, std::string served_by) {
  before.last_attempt = attempted;
  before.last_success = now;
  before.consecutive_failures = 0;
  before.last_error.reset();
  before.served_by = std::move(served_by);
  return before;
}

trust::Attempts after_failure(trust::Attempts before, Time attempted, Error error) {
  before.last_attempt = attempted;
  ++before.consecutive_failures;
  before.last_error = std::move(error);
  return before;
}

Error all_failed(const std::vector<trust::EndpointUrl>& urls, const std::vector<Error>& errors) {
  if (errors.size() == 1) return errors.front();
  std::string text;
  for (std::size_t i = 0; i < errors.size(); ++i)
    text += (text.empty() ? "" : "; ") + urls[i].str() + ": " + errors[i].message();
  return Error(errors.front().code(), std::move(text));
}

bool worth_logging(const trust::Attempts& before, const Error& error) {
  if (before.consecutive_failures == 0 || before.last_error != error) return true;
  return (before.consecutive_failures + 1) % repeat_line_every == 0;
}

bool same_relationship(const trust::Relationship& running, const trust::Relationship& wanted) {
  return running.trust_domain == wanted.trust_domain && running.endpoint_urls == wanted.endpoint_urls &&
         same_profile(running.profile, wanted.profile) && same_bootstrap(running, wanted) &&
         running.sequence == wanted.sequence && running.policy == wanted.policy &&
         running.allow_private_redirects == wanted.allow_private_redirects;
}

}  // namespace entente::syncer
