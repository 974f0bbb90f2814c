#include "syncer/registry/check_relationship.hpp"

#include <algorithm>

namespace entente::syncer {
namespace {

Error bad(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, field + ": " + problem);
}

Status check_urls(const std::vector<trust::EndpointUrl>& urls) {
  if (urls.empty()) return bad("bundle_endpoint_url", "missing; say where the peer serves its bundle");
  if (urls.size() > most_urls)
    return bad("bundle_endpoint_url",
               std::to_string(urls.size()) + " URLs; a relationship has at most " + std::to_string(most_urls));
  for (auto url = urls.begin(); url != urls.end(); ++url)
    if (std::find(urls.begin(), url, *url) != url) return bad("bundle_endpoint_url", url->str() + " is there twice");
  return ok();
}

Status check_web(const trust::HttpsWeb& web) {
  if (web.roots && web.roots->empty())
    return bad("roots", "no certificate among them; leave them out for the system's");
  if (web.pins.size() > most_pins)
    return bad("pins",
               std::to_string(web.pins.size()) + " of them; a relationship has at most " + std::to_string(most_pins));
  return ok();
}

Status check_profile(const trust::EndpointProfile& profile) {
  if (const auto* web = std::get_if<trust::HttpsWeb>(&profile)) return check_web(*web);
  const spiffe::SpiffeId& id = std::get<trust::HttpsSpiffe>(profile).endpoint_spiffe_id;
  if (!id.has_path())
    return bad("endpoint_spiffe_id", id.str() + " has no path: only a trust domain itself is called so");
  return ok();
}

Status check_bundle(const trust::Relationship& relationship) {
  const spiffe::BundlePtr& bundle = relationship.bootstrap_bundle;
  if (!bundle) return ok();
  if (bundle->trust_domain != relationship.trust_domain)
    return bad("trust_domain_bundle",
               "a bundle of " + bundle->trust_domain.name() + ", not of " + relationship.trust_domain.name());
  if (bundle->empty()) return bad("trust_domain_bundle", "no authority in it; leave it out to give one later");
  return ok();
}

}  // namespace

Status check_relationship(const trust::Relationship& relationship, const std::optional<spiffe::TrustDomain>& own) {
  if (relationship.trust_domain == own)
    return bad("trust_domain", own->name() + " is this trust domain itself; nobody federates with oneself");
  if (const Status urls = check_urls(relationship.endpoint_urls); !urls) return urls.error();
  if (const Status profile = check_profile(relationship.profile); !profile) return profile.error();
  return check_bundle(relationship);
}

}  // namespace entente::syncer
