#include "syncer/admin/entente_fields.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "syncer/registry/check_relationship.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

Error bad(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, field + ": " + problem);
}

std::string numbered(const char* field, int index) { return std::string(field) + "[" + std::to_string(index) + "]"; }

Result<std::vector<trust::EndpointUrl>> read_urls(const v1::RelationshipDefinition& definition) {
  if (definition.endpoint_urls_size() > static_cast<int>(most_urls))
    return bad("endpoint_urls", std::to_string(definition.endpoint_urls_size()) +
                                    " of them; a relationship has at most " + std::to_string(most_urls));
  std::vector<trust::EndpointUrl> urls;
  for (int i = 0; i < definition.endpoint_urls_size(); ++i) {
    Result<trust::EndpointUrl> url = trust::EndpointUrl::parse(definition.endpoint_urls(i));
    if (!url) return bad(numbered("endpoint_urls", i), url.error().message());
    if (std::find(urls.begin(), urls.end(), *url) != urls.end())
      return bad(numbered("endpoint_urls", i), url->str() + " is there twice");
    urls.push_back(*std::move(url));
  }
  return urls;
}

Result<trust::EndpointProfile> read_web(const v1::HttpsWebProfile& message) {
  trust::HttpsWeb web;
  if (!message.roots_pem().empty()) {
    Result<std::vector<crypto::Certificate>> roots = crypto::certificates_from_pem(message.roots_pem());
    if (!roots) return bad("https_web.roots_pem", roots.error().message());
    if (roots->empty()) return bad("https_web.roots_pem", "no certificate in it");
    web.roots = std::make_shared<const std::vector<crypto::Certificate>>(*std::move(roots));
  }
  if (message.pins_size() > static_cast<int>(most_pins))
    return bad("https_web.pins", "over " + std::to_string(most_pins) + " of them");
  for (int i = 0; i < message.pins_size(); ++i) {
    const Result<trust::KeyPin> pin = trust::KeyPin::parse(message.pins(i));
    if (!pin) return bad(numbered("https_web.pins", i), pin.error().message());
    web.pins.push_back(*pin);
  }
  return trust::EndpointProfile(std::move(web));
}

Result<trust::EndpointProfile> read_spiffe(const v1::HttpsSpiffeProfile& message) {
  const std::string field = "https_spiffe.endpoint_spiffe_id";
  Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(message.endpoint_spiffe_id());
  if (!id) return bad(field, id.error().message());
  if (!id->has_path()) return bad(field, id->str() + " has no path: it names a trust domain and no workload");
  return trust::EndpointProfile(trust::HttpsSpiffe{*std::move(id)});
}

// Null where the definition says nothing of it.
Result<std::optional<trust::EndpointProfile>> read_profile(const v1::RelationshipDefinition& definition) {
  if (definition.endpoint_profile_case() == v1::RelationshipDefinition::ENDPOINT_PROFILE_NOT_SET)
    return std::optional<trust::EndpointProfile>();
  Result<trust::EndpointProfile> profile =
      definition.has_https_web() ? read_web(definition.https_web()) : read_spiffe(definition.https_spiffe());
  if (!profile) return profile.error();
  return std::optional(*std::move(profile));
}

Result<spiffe::BundlePtr> read_bundle(const spiffe::TrustDomain& domain, const std::string& content) {
  Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle_file(domain, content);
  if (!parsed) return bad("bundle", parsed.error().message());
  if (parsed->bundle.empty())
    return bad("bundle", parsed->ignored.empty() ? "no authority in it; leave it out to give one later"
                                                 : "no authority in it that can be used: " + parsed->ignored.front());
  return std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle));
}

Status read_rules(const v1::RelationshipDefinition& definition, trust::Relationship& relationship) {
  if (definition.has_policy()) {
    relationship.policy.reset();
    if (definition.policy() != "default") {
      const Result<trust::ChangePolicy> policy = trust::parse_change_policy(definition.policy());
      if (!policy) return bad("policy", "not accept, overlap, approve or default");
      relationship.policy = *policy;
    }
  }
  if (definition.has_sequence()) {
    const bool strict = definition.sequence() == "strict";
    if (!strict && definition.sequence() != "warn") return bad("sequence", "not warn or strict");
    relationship.sequence = strict ? trust::SequenceRule::strict : trust::SequenceRule::warn;
  }
  if (definition.has_allow_private_redirects())
    relationship.allow_private_redirects = definition.allow_private_redirects();
  return ok();
}

}  // namespace

Result<spiffe::TrustDomain> read_domain(const std::string& text) {
  Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse_name_or_id(text);
  if (!domain) return bad("trust_domain", domain.error().message());
  return domain;
}

Status check_reason(const std::string& reason) {
  if (reason.empty()) return bad("reason", "say why, it goes on record");
  if (reason.size() > 1000) return bad("reason", "over 1000 bytes");
  return ok();
}

Status check_digest(const std::string& digest) {
  const Result<Bytes> bytes = hex_decode(digest);
  if (bytes && bytes->size() == 32) return ok();
  return bad("digest", "not the 64 hex digits that name a bundle in `federation show`");
}

Result<trust::Relationship> new_relationship(const v1::RelationshipDefinition& definition) {
  const Result<spiffe::TrustDomain> domain = read_domain(definition.trust_domain());
  if (!domain) return domain.error();
  if (definition.endpoint_urls().empty()) return bad("endpoint_urls", "say where the peer serves its bundle");
  if (definition.endpoint_profile_case() == v1::RelationshipDefinition::ENDPOINT_PROFILE_NOT_SET)
    return bad("endpoint_profile", "say https_web or https_spiffe");
  return updated(trust::Relationship{.trust_domain = *domain, .endpoint_urls = {}, .profile = trust::HttpsWeb{}},
                 definition);
}

Result<trust::Relationship> updated(trust::Relationship current, const v1::RelationshipDefinition& definition) {
  current.source = trust::RelationshipSource::api;
  Result<std::vector<trust::EndpointUrl>> urls = read_urls(definition);
  if (!urls) return urls.error();
  if (!urls->empty()) current.endpoint_urls = *std::move(urls);
  Result<std::optional<trust::EndpointProfile>> profile = read_profile(definition);
  if (!profile) return profile.error();
  if (*profile) current.profile = **std::move(profile);
  if (const Status s = read_rules(definition, current); !s) return s.error();
  if (definition.has_bundle()) {
    Result<spiffe::BundlePtr> bundle = read_bundle(current.trust_domain, definition.bundle());
    if (!bundle) return bundle.error();
    current.bootstrap_bundle = *std::move(bundle);
  }
  return current;
}

}  // namespace entente::syncer
