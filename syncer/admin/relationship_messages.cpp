#include "syncer/admin/relationship_messages.hpp"

#include "syncer/admin/bundle_messages.hpp"

namespace entente::syncer {
namespace {

namespace types = spire::api::types;

Result<trust::EndpointUrl> url_from(const std::string& text) {
  Result<trust::EndpointUrl> url = trust::EndpointUrl::parse(text);
  if (!url) return Error(Errc::invalid_argument, "bundle_endpoint_url: " + url.error().message());
  return url;
}

Result<trust::EndpointProfile> profile_from(const types::FederationRelationship& message) {
  if (message.has_https_web()) return trust::EndpointProfile(trust::HttpsWeb{});
  if (!message.has_https_spiffe())
    return Error(Errc::invalid_argument, "bundle_endpoint_profile: missing; must be https_web or https_spiffe");
  const auto id = spiffe::SpiffeId::parse(message.https_spiffe().endpoint_spiffe_id());
  if (!id)
    return Error(Errc::invalid_argument,
                 "bundle_endpoint_profile: https_spiffe: endpoint_spiffe_id: " + id.error().message());
  return trust::EndpointProfile(trust::HttpsSpiffe{*id});
}

}  // namespace

types::FederationRelationship to_message(const trust::Relationship& relationship, const spiffe::Bundle* in_use,
                                         const types::FederationRelationshipMask* mask) {
  types::FederationRelationship message;
  message.set_trust_domain(relationship.trust_domain.name());
  if (!mask || mask->bundle_endpoint_url()) message.set_bundle_endpoint_url(relationship.endpoint_url().str());
  if (!mask || mask->bundle_endpoint_profile()) {
    if (const auto* spiffe = std::get_if<trust::HttpsSpiffe>(&relationship.profile))
      message.mutable_https_spiffe()->set_endpoint_spiffe_id(spiffe->endpoint_spiffe_id.str());
    else
      message.mutable_https_web();
  }
  if ((!mask || mask->trust_domain_bundle()) && in_use)
    *message.mutable_trust_domain_bundle() = to_message(*in_use, nullptr);
  return message;
}

Result<trust::Relationship> relationship_from(const types::FederationRelationship& message) {
  const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", message.trust_domain());
  if (!domain) return domain.error();
  const Result<trust::EndpointUrl> url = url_from(message.bundle_endpoint_url());
  if (!url) return url.error();
  const Result<trust::EndpointProfile> profile = profile_from(message);
  if (!profile) return profile.error();
  trust::Relationship relationship{*domain, {*url}, *profile, nullptr};
  relationship.source = trust::RelationshipSource::api;
  return relationship;
}

Result<trust::Relationship> changed(trust::Relationship relationship, const types::FederationRelationship& message,
                                    const types::FederationRelationshipMask* mask) {
  if (!mask || mask->bundle_endpoint_url()) {
    const Result<trust::EndpointUrl> url = url_from(message.bundle_endpoint_url());
    if (!url) return url.error();
    if (!(*url == relationship.endpoint_url())) relationship.endpoint_urls = {*url};
  }
  if (!mask || mask->bundle_endpoint_profile()) {
    const Result<trust::EndpointProfile> profile = profile_from(message);
    if (!profile) return profile.error();
    const bool stays_web = std::holds_alternative<trust::HttpsWeb>(*profile) &&
                           std::holds_alternative<trust::HttpsWeb>(relationship.profile);
    if (!stays_web) relationship.profile = *profile;
  }
  return relationship;
}

Result<spiffe::BundlePtr> bundle_of(const types::FederationRelationship& message,
                                    const types::FederationRelationshipMask* mask, Time now) {
  if ((mask && !mask->trust_domain_bundle()) || !message.has_trust_domain_bundle()) return spiffe::BundlePtr();
  Result<spiffe::Bundle> bundle = bundle_from(message.trust_domain_bundle(), now);
  if (!bundle) return bundle.error().within("trust_domain_bundle");
  const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", message.trust_domain());
  if (!domain) return domain.error();
  if (bundle->trust_domain != *domain)
    return Error(Errc::invalid_argument, "trust_domain_bundle: trust_domain: is of " + bundle->trust_domain.name() +
                                             ", and must be of " + domain->name() + ", as the relationship is");
  return std::make_shared<const spiffe::Bundle>(std::move(*bundle));
}

}  // namespace entente::syncer
