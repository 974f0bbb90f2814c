#include "cli/spire_views.hpp"

#include <algorithm>

#include "common/spire_api/bundle_messages.hpp"

namespace entente::cli {
namespace {

namespace types = spire::api::types;

// The parts of "spiffe://td/path": what is no SPIFFE ID goes as it is, for the server to refuse.
types::SPIFFEID id_of(std::string_view text) {
  constexpr std::string_view scheme = "spiffe://";
  types::SPIFFEID id;
  if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  id.set_trust_domain(std::string(text.substr(0, slash)));
  id.set_path(std::string(text.substr(slash)));
  return id;
}

std::string text_of(const types::SPIFFEID& id) {
  return id.trust_domain().empty() ? "" : "spiffe://" + id.trust_domain() + id.path();
}

std::optional<std::chrono::seconds> ttl_of(std::int32_t seconds) {
  return seconds == 0 ? std::nullopt : std::optional(std::chrono::seconds(seconds));
}

std::optional<Time> time_of(std::int64_t seconds) {
  return seconds == 0 ? std::nullopt : std::optional(from_unix_seconds(seconds));
}

// The first flag that only an Entente understands; null: none.
const char* beyond_spire(const RelationshipRequest& request) {
  const auto* web = std::get_if<WebProfile>(&request.profile);
  if (request.endpoint_urls.size() > 1) return "--url given more than once";
  if (web && !web->roots_pem.empty()) return "--roots";
  if (web && !web->pins.empty()) return "--pin";
  if (request.policy) return "--policy";
  if (request.sequence) return "--sequence";
  if (request.allow_private_redirects) return "--allow-private-redirects";
  return nullptr;
}

}  // namespace

Result<spiffe::Bundle> to_bundle(const types::Bundle& message) {
  Result<spiffe::Bundle> bundle = spire_api::bundle_from(message);
  if (bundle) return bundle;
  return Error(Errc::schema, "the server's bundle of " + message.trust_domain() + ": " + bundle.error().message());
}

RelationshipView to_view(const types::FederationRelationship& m) {
  RelationshipView view;
  view.trust_domain = m.trust_domain();
  view.endpoint_urls = {m.bundle_endpoint_url()};
  view.endpoint_profile = m.has_https_spiffe() ? "https_spiffe" : "https_web";
  if (m.has_https_spiffe()) view.endpoint_spiffe_id = m.https_spiffe().endpoint_spiffe_id();
  if (!m.has_trust_domain_bundle()) return view;
  const Result<spiffe::Bundle> bundle = to_bundle(m.trust_domain_bundle());
  if (!bundle) return view;
  view.sequence = bundle->sequence;
  view.refresh_hint = bundle->refresh_hint;
  view.x509_authorities = static_cast<std::uint32_t>(bundle->x509_authorities.size());
  view.jwt_authorities = static_cast<std::uint32_t>(bundle->jwt_authorities.size());
  view.earliest_expiry = spiffe::earliest_expiry(*bundle);
  return view;
}

Result<types::FederationRelationship> to_spire(const RelationshipRequest& request) {
  if (const char* flag = beyond_spire(request))
    return Error(Errc::unsupported, std::string(flag) + ": only an Entente can do this, and this server is none");
  types::FederationRelationship message;
  message.set_trust_domain(request.trust_domain);
  if (!request.endpoint_urls.empty()) message.set_bundle_endpoint_url(request.endpoint_urls.front());
  if (std::holds_alternative<WebProfile>(request.profile)) message.mutable_https_web();
  if (const auto* spiffe = std::get_if<SpiffeProfile>(&request.profile))
    message.mutable_https_spiffe()->set_endpoint_spiffe_id(spiffe->endpoint_spiffe_id);
  if (request.bundle) *message.mutable_trust_domain_bundle() = spire_api::to_message(*request.bundle);
  return message;
}

types::FederationRelationshipMask mask_of(const RelationshipRequest& request) {
  types::FederationRelationshipMask mask;
  mask.set_bundle_endpoint_url(!request.endpoint_urls.empty());
  mask.set_bundle_endpoint_profile(!std::holds_alternative<std::monostate>(request.profile));
  mask.set_trust_domain_bundle(request.bundle != nullptr);
  return mask;
}

EntryView to_view(const types::Entry& m) {
  EntryView view;
  view.id = m.id();
  view.spiffe_id = text_of(m.spiffe_id());
  view.parent_id = text_of(m.parent_id());
  for (const types::Selector& selector : m.selectors())
    view.selectors.push_back(selector.type() + ":" + selector.value());
  view.x509_svid_ttl = ttl_of(m.x509_svid_ttl());
  view.jwt_svid_ttl = ttl_of(m.jwt_svid_ttl());
  view.dns_names.assign(m.dns_names().begin(), m.dns_names().end());
  view.federates_with.assign(m.federates_with().begin(), m.federates_with().end());
  view.hint = m.hint();
  view.admin = m.admin();
  view.downstream = m.downstream();
  view.store_svid = m.store_svid();
  view.expires_at = time_of(m.expires_at());
  view.created_at = time_of(m.created_at());
  return view;
}

types::Entry to_spire(const EntryRequest& request) {
  types::Entry message;
  message.set_id(request.id);
  if (request.spiffe_id) *message.mutable_spiffe_id() = id_of(*request.spiffe_id);
  if (request.parent_id) *message.mutable_parent_id() = id_of(*request.parent_id);
  if (request.selectors)
    for (const std::string& text : *request.selectors) {
      const std::size_t colon = std::min(text.find(':'), text.size());
      types::Selector& selector = *message.add_selectors();
      selector.set_type(text.substr(0, colon));
      selector.set_value(colon < text.size() ? text.substr(colon + 1) : "");
    }
  if (request.dns_names)
    for (const std::string& name : *request.dns_names) message.add_dns_names(name);
  if (request.federates_with)
    for (const std::string& domain : *request.federates_with) message.add_federates_with(domain);
  if (request.x509_svid_ttl) message.set_x509_svid_ttl(static_cast<std::int32_t>(request.x509_svid_ttl->count()));
  if (request.jwt_svid_ttl) message.set_jwt_svid_ttl(static_cast<std::int32_t>(request.jwt_svid_ttl->count()));
  if (request.hint) message.set_hint(*request.hint);
  return message;
}

types::EntryMask mask_of(const EntryRequest& request) {
  types::EntryMask mask;
  mask.set_spiffe_id(request.spiffe_id.has_value());
  mask.set_parent_id(request.parent_id.has_value());
  mask.set_selectors(request.selectors.has_value());
  mask.set_x509_svid_ttl(request.x509_svid_ttl.has_value());
  mask.set_jwt_svid_ttl(request.jwt_svid_ttl.has_value());
  mask.set_dns_names(request.dns_names.has_value());
  mask.set_federates_with(request.federates_with.has_value());
  mask.set_hint(request.hint.has_value());
  return mask;
}

}  // namespace entente::cli
