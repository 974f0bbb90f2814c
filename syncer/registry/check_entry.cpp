#include "syncer/registry/check_entry.hpp"

#include <algorithm>

#include "common/base/dns_name.hpp"

namespace entente::syncer {
namespace {

constexpr std::size_t many_relationships = 1000;  // deploy/example.yaml, entries
constexpr std::size_t longest_hint = 1024;        // Workload API 5.2.1
constexpr std::size_t longest_id = 255;

Error bad(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, field + ": " + problem);
}

template <class T>
bool any_twice(const std::vector<T>& values) {
  for (auto value = values.begin(); value != values.end(); ++value)
    if (std::find(values.begin(), value, *value) != value) return true;
  return false;
}

Status check_id(const std::string& id) {
  if (id.size() > longest_id) return bad("id", "over " + std::to_string(longest_id) + " bytes");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  if (!std::all_of(id.begin(), id.end(), allowed)) return bad("id", "letters, digits, '.', '-' and '_' alone");
  if (id.starts_with(config_id_prefix) || id == "endpoint")
    return bad("id", "\"" + id + "\" is the configuration's; choose another, or none");
  return ok();
}

Status check_spiffe_id(const spiffe::SpiffeId& id, const spiffe::TrustDomain& own) {
  if (!id.member_of(own))
    return bad("spiffe_id",
               id.str() + " is not of " + own.name() + ": the issuer signs for its own trust domain alone");
  if (!id.has_path()) return bad("spiffe_id", id.str() + " has no path: only a trust domain itself is called so");
  return ok();
}

Status check_selectors(const std::vector<trust::Selector>& selectors) {
  if (selectors.empty()) return bad("selectors", "none; an entry without any would be nobody's");
  for (const trust::Selector& selector : selectors) {
    const auto parsed = trust::Selector::parse(selector.str());
    if (!parsed) return bad("selectors", parsed.error().message());
    if (*parsed != selector) return bad("selectors", "the type of " + selector.str() + " must hold no colon");
    if (selector.type != "unix")
      return bad("selectors", "only unix selectors are supported in this version, not " + selector.str());
  }
  if (any_twice(selectors)) return bad("selectors", "one of them is there twice");
  return ok();
}

Status check_ttl(const char* field, const std::optional<Duration>& ttl, Duration longest) {
  if (!ttl) return ok();
  if (*ttl < std::chrono::seconds(1) || *ttl % std::chrono::seconds(1) != Duration::zero())
    return bad(field, "a whole number of seconds, at least one");
  if (*ttl > longest)
    return bad(field, describe_duration(*ttl) + " is over " + describe_duration(longest) +
                          ": an authority must outlive what it signs");
  return ok();
}

Status check_dns_names(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (!is_dns_name(name)) return bad("dns_names", "\"" + name + "\" is no DNS name such as web.a.example");
  if (any_twice(names)) return bad("dns_names", "one of them is there twice");
  return ok();
}

Status check_federates_with(const trust::RegistrationEntry& entry, const spiffe::TrustDomain& own,
                            const EntryBounds& bounds) {
  if (!entry.federates_with) {
    if (!bounds.relationships || bounds.relationships() < many_relationships) return ok();
    return bad("federates_with", "missing: with " + std::to_string(many_relationships) +
                                     " relationships or more, name the trust domains that this workload needs");
  }
  const auto& peers = *entry.federates_with;
  if (std::find(peers.begin(), peers.end(), own) != peers.end())
    return bad("federates_with",
               own.name() + " is the own trust domain, whose bundle is always included: leave it out");
  if (any_twice(peers)) return bad("federates_with", "one trust domain is there twice");
  return ok();
}

}  // namespace

Status check_entry(const trust::RegistrationEntry& entry, const spiffe::TrustDomain& own, const EntryBounds& bounds) {
  if (const Status id = check_id(entry.id); !id) return id.error();
  if (const Status name = check_spiffe_id(entry.spiffe_id, own); !name) return name.error();
  if (const Status selectors = check_selectors(entry.selectors); !selectors) return selectors.error();
  const Status x509 = check_ttl("x509_svid_ttl", entry.x509_svid_ttl, bounds.longest_svid_ttl);
  if (!x509) return x509.error();
  const Status jwt = check_ttl("jwt_svid_ttl", entry.jwt_svid_ttl, bounds.longest_svid_ttl);
  if (!jwt) return jwt.error();
  if (const Status names = check_dns_names(entry.dns_names); !names) return names.error();
  if (const Status peers = check_federates_with(entry, own, bounds); !peers) return peers.error();
  if (entry.hint.size() > longest_hint) return bad("hint", "over " + std::to_string(longest_hint) + " bytes");
  return ok();
}

bool alike(const trust::RegistrationEntry& a, const trust::RegistrationEntry& b) {
  return a.spiffe_id == b.spiffe_id && a.hint == b.hint && a.selectors.size() == b.selectors.size() &&
         std::is_permutation(a.selectors.begin(), a.selectors.end(), b.selectors.begin());
}

}  // namespace entente::syncer
