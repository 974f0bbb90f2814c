#include "syncer/admin/entry_messages.hpp"

#include <algorithm>

#include "syncer/admin/bundle_messages.hpp"

namespace entente::syncer {
namespace {

namespace types = spire::api::types;

Error wrong(std::string_view field, const std::string& problem) {
  return Error(Errc::invalid_argument, std::string(field) + ": " + problem);
}

// What SPIRE's entries say to SPIRE's servers and agents, and nothing can be done with here.
Status check_nothing_foreign(const types::Entry& message, const types::EntryMask* mask) {
  if ((!mask || mask->admin()) && message.admin())
    return wrong("admin", "there are no admin workloads here: who may use the admin socket is its file mode's to say");
  if ((!mask || mask->downstream()) && message.downstream())
    return wrong("downstream", "no downstream authorities are signed here");
  if ((!mask || mask->store_svid()) && message.store_svid())
    return wrong("store_svid", "there is no agent here that stores SVIDs");
  if ((!mask || mask->expires_at()) && message.expires_at() != 0)
    return wrong("expires_at", "entries do not end by themselves here; delete the entry when it is over");
  if ((mask && !mask->additional_attributes()) || !message.has_additional_attributes()) return ok();
  const types::Entry::AdditionalAttributes& attributes = message.additional_attributes();
  if (attributes.disable_x509_svid_prefetch())
    return wrong("additional_attributes.disable_x509_svid_prefetch", "there is no agent here that prefetches SVIDs");
  if (attributes.jwt_svid_include_jti())
    return wrong("additional_attributes.jwt_svid_include_jti", "JWT-SVIDs are issued without jti here");
  return ok();
}

Status take_ttl(std::optional<Duration>& ttl, std::string_view field, std::int32_t seconds) {
  if (seconds < 0) return wrong(field, "must not be negative; 0 is the issuer's default");
  ttl.reset();
  if (seconds > 0) ttl = std::chrono::seconds(seconds);
  return ok();
}

Status take_ids(trust::RegistrationEntry& entry, const types::Entry& message, const types::EntryMask* mask) {
  if (!mask || mask->spiffe_id()) {
    if (!message.has_spiffe_id()) return wrong("spiffe_id", "missing");
    const Result<spiffe::SpiffeId> id = id_from("spiffe_id", message.spiffe_id());
    if (!id) return id.error();
    entry.spiffe_id = *id;
  }
  if (!mask || mask->parent_id()) {
    entry.parent_id.reset();
    if (message.has_parent_id()) {
      const Result<spiffe::SpiffeId> id = id_from("parent_id", message.parent_id());
      if (!id) return id.error();
      entry.parent_id = *id;
    }
  }
  return ok();
}

Status take_selectors(trust::RegistrationEntry& entry, const types::Entry& message) {
  if (message.selectors().empty()) return wrong("selectors", "selector list is empty");
  Result<std::vector<trust::Selector>> selectors = selectors_from("selectors", message.selectors());
  if (!selectors) return selectors.error();
  entry.selectors = std::move(*selectors);
  return ok();
}

Status take_federation(trust::RegistrationEntry& entry, const types::Entry& message) {
  Result<std::vector<spiffe::TrustDomain>> domains = domains_from("federates_with", message.federates_with());
  if (!domains) return domains.error();
  if (!domains->empty() || entry.federates_with) entry.federates_with = std::move(*domains);
  return ok();
}

template <class Ids>
void set_id(Ids& message, const spiffe::SpiffeId& id) {
  message.set_trust_domain(id.trust_domain().name());
  message.set_path(std::string(id.path()));
}

std::int32_t seconds_of(const std::optional<Duration>& ttl) {
  return ttl ? static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::seconds>(*ttl).count()) : 0;
}

}  // namespace

Result<spiffe::SpiffeId> id_from(std::string_view field, const types::SPIFFEID& message) {
  const Result<spiffe::TrustDomain> domain = parse_domain(std::string(field) + ".trust_domain", message.trust_domain());
  if (!domain) return domain.error();
  Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(domain->id() + message.path());
  if (!id || id->trust_domain() != *domain)
    return wrong(std::string(field) + ".path", id ? "must begin with a slash" : id.error().message());
  return id;
}

Result<std::vector<trust::Selector>> selectors_from(
    std::string_view field, const google::protobuf::RepeatedPtrField<types::Selector>& messages) {
  std::vector<trust::Selector> selectors;
  for (int i = 0; i < messages.size(); ++i) {
    const std::string where = std::string(field) + "[" + std::to_string(i) + "]";
    const types::Selector& message = messages[i];
    if (message.type().empty()) return wrong(where + ".type", "missing selector type");
    if (message.type().find(':') != std::string::npos) return wrong(where + ".type", "selector type contains ':'");
    if (message.value().empty()) return wrong(where + ".value", "missing selector value");
    Result<trust::Selector> selector = trust::Selector::parse(message.type() + ":" + message.value());
    if (!selector) return wrong(where, selector.error().message());
    selectors.push_back(std::move(*selector));
  }
  return selectors;
}

Result<std::vector<spiffe::TrustDomain>> domains_from(std::string_view field,
                                                      const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<spiffe::TrustDomain> domains;
  for (int i = 0; i < names.size(); ++i) {
    Result<spiffe::TrustDomain> domain = parse_domain(std::string(field) + "[" + std::to_string(i) + "]", names[i]);
    if (!domain) return domain.error();
    if (std::ranges::find(domains, *domain) == domains.end()) domains.push_back(std::move(*domain));
  }
  return domains;
}

types::Entry to_message(const trust::RegistrationEntry& entry, const types::EntryMask* mask) {
  types::Entry message;
  message.set_id(entry.id);
  if (!mask || mask->spiffe_id()) set_id(*message.mutable_spiffe_id(), entry.spiffe_id);
  if ((!mask || mask->parent_id()) && entry.parent_id) set_id(*message.mutable_parent_id(), *entry.parent_id);
  if (!mask || mask->selectors())
    for (const trust::Selector& selector : entry.selectors) {
      types::Selector& told = *message.add_selectors();
      told.set_type(selector.type);
      told.set_value(selector.value);
    }
  if (!mask || mask->x509_svid_ttl()) message.set_x509_svid_ttl(seconds_of(entry.x509_svid_ttl));
  if (!mask || mask->jwt_svid_ttl()) message.set_jwt_svid_ttl(seconds_of(entry.jwt_svid_ttl));
  if ((!mask || mask->federates_with()) && entry.federates_with)
    for (const spiffe::TrustDomain& domain : *entry.federates_with) message.add_federates_with(domain.name());
  if (!mask || mask->dns_names())
    for (const std::string& name : entry.dns_names) message.add_dns_names(name);
  if (!mask || mask->hint()) message.set_hint(entry.hint);
  if ((!mask || mask->created_at()) && entry.created_at != Time())
    message.set_created_at(unix_seconds(entry.created_at));
  if (!mask || mask->revision_number()) message.set_revision_number(static_cast<std::int64_t>(entry.revision));
  return message;
}

Result<trust::RegistrationEntry> entry_from(const types::Entry& message) {
  if (!message.has_spiffe_id()) return wrong("spiffe_id", "missing");
  const Result<spiffe::SpiffeId> id = id_from("spiffe_id", message.spiffe_id());
  if (!id) return id.error();
  return changed({message.id(), *id, {}, {}, {}, {}, std::nullopt, ""}, message, nullptr);
}

Result<trust::RegistrationEntry> changed(trust::RegistrationEntry entry, const types::Entry& message,
                                         const types::EntryMask* mask) {
  if (const Status good = check_nothing_foreign(message, mask); !good) return good.error();
  if (const Status taken = take_ids(entry, message, mask); !taken) return taken.error();
  if (!mask || mask->selectors())
    if (const Status taken = take_selectors(entry, message); !taken) return taken.error();
  if (!mask || mask->x509_svid_ttl())
    if (const Status taken = take_ttl(entry.x509_svid_ttl, "x509_svid_ttl", message.x509_svid_ttl()); !taken)
      return taken.error();
  if (!mask || mask->jwt_svid_ttl())
    if (const Status taken = take_ttl(entry.jwt_svid_ttl, "jwt_svid_ttl", message.jwt_svid_ttl()); !taken)
      return taken.error();
  if (!mask || mask->federates_with())
    if (const Status taken = take_federation(entry, message); !taken) return taken.error();
  if (!mask || mask->dns_names()) entry.dns_names.assign(message.dns_names().begin(), message.dns_names().end());
  if (!mask || mask->hint()) entry.hint = message.hint();
  return entry;
}

}  // namespace entente::syncer
