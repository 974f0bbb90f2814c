#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/config/sections.hpp"
#include "common/config/values.hpp"
#include "common/crypto/signature.hpp"

namespace entente::config {
namespace {

// deploy/example.yaml, entries: from here on `federates_with` must be said.
constexpr std::size_t many_relationships = 1000;
constexpr std::size_t longest_hint = 1024;  // Workload API 5.2.1

// Stable while the entry means the same callers and identity, wherever it stands in the file: who holds SVIDs by entry
// keeps them over a change elsewhere. No part can hold a line break.
std::string entry_id(const trust::RegistrationEntry& entry) {
  std::string text = entry.spiffe_id.str() + "\n" + entry.hint;
  for (const trust::Selector& selector : entry.selectors) text += "\n" + selector.str();
  return "config-" + hex_encode(crypto::sha256(as_bytes(text))).substr(0, 16);
}

bool needs_path_discovery(const trust::Selector& selector) {
  return selector.type == "unix" && (selector.value.starts_with("path:") || selector.value.starts_with("sha256:"));
}

Result<trust::Selector> parse_selector(const std::string& text) {
  auto selector = trust::Selector::parse(text);
  if (selector && selector->type != "unix")
    return Error(Errc::unsupported,
                 "selector " + in_quotes(text) + ": only unix selectors are supported in this version");
  return selector;
}

// Sorted, each once: the order of the file means nothing.
std::vector<trust::Selector> read_selectors(Section& section, const Surroundings& around) {
  std::vector<trust::Selector> selectors;
  const auto list = section.need("selectors", "what a caller must match, such as [\"unix:uid:1000\"]");
  if (!list) return selectors;
  const std::vector<Node> items = list->items();
  if (items.empty() && (list->value().kind == Kind::list || list->value().kind == Kind::nothing))
    list->mistake("expected at least one selector: an entry without any would be nobody's");
  for (const Node& item : items) {
    const auto selector = item.as(parse_selector);
    if (!selector) continue;
    if (needs_path_discovery(*selector) && around.workload_api && !around.workload_api->discover_path)
      item.mistake(in_quotes(selector->str()) + " needs workload_api.discover_path: true, or it never matches");
    selectors.push_back(*selector);
  }
  std::sort(selectors.begin(), selectors.end());
  selectors.erase(std::unique(selectors.begin(), selectors.end()), selectors.end());
  return selectors;
}

std::vector<std::string> read_dns_names(Section& section) {
  std::vector<std::string> names;
  const auto list = section.find("dns_names");
  if (!list) return names;
  for (const Node& item : list->items()) {
    const auto name = item.as(parse_dns_name);
    if (!name) continue;
    if (std::find(names.begin(), names.end(), *name) != names.end())
      item.mistake(in_quotes(*name) + " stands here twice");
    names.push_back(*name);
  }
  return names;
}

// Any other trust domain may be named: relationships are made by the admin API as well.
void check_peer(const Node& item, const spiffe::TrustDomain& peer, const Surroundings& around) {
  if (around.trust_domain == peer) item.mistake("the own trust domain's bundle is always included: leave it out");
}

using Peers = std::optional<std::vector<spiffe::TrustDomain>>;

Peers read_federates_with(Section& section, const Surroundings& around) {
  const auto list = section.find("federates_with");
  if (!list) {
    if (around.federated.size() >= many_relationships && section.readable())
      section.node().mistake_at_head("federates_with is missing: with " + std::to_string(many_relationships) +
                                     " relationships or more, name the trust domains that this workload needs");
    return std::nullopt;
  }
  std::vector<spiffe::TrustDomain> peers;
  for (const Node& item : list->items()) {
    const auto peer = item.as(parse_trust_domain);
    if (!peer) continue;
    check_peer(item, *peer, around);
    if (std::find(peers.begin(), peers.end(), *peer) != peers.end()) item.mistake(peer->name() + " stands here twice");
    peers.push_back(*peer);
  }
  return peers;
}

Result<std::string> parse_hint(const std::string& text) {
  if (text.size() <= longest_hint) return text;
  return Error(Errc::too_large, "a hint has at most " + std::to_string(longest_hint) + " bytes");
}

std::optional<spiffe::SpiffeId> read_id(Section& section, const Surroundings& around) {
  auto id = section.get("spiffe_id", "the workload's SPIFFE ID, such as spiffe://a.test/web", parse_workload_id);
  if (id && around.trust_domain && !id->member_of(*around.trust_domain))
    section.find("spiffe_id")
        ->mistake("the issuer signs for its own trust domain alone, " + around.trust_domain->id() + "/..., found " +
                  in_quotes(id->str()));
  return id;
}

std::optional<trust::RegistrationEntry> read_entry(const Node& node, const Surroundings& around) {
  Section section(node);
  const auto id = read_id(section, around);
  auto selectors = read_selectors(section, around);
  std::optional<Duration> x509_ttl, jwt_ttl;
  const auto ttl = [&](const std::string& text) { return parse_svid_ttl(text, around.ca_ttl); };
  section.set("x509_svid_ttl", x509_ttl, ttl);
  section.set("jwt_svid_ttl", jwt_ttl, ttl);
  auto dns_names = read_dns_names(section);
  Peers peers = read_federates_with(section, around);
  std::string hint;
  section.set("hint", hint, parse_hint);
  if (!id) return std::nullopt;
  trust::RegistrationEntry entry{
      "", *id, std::move(selectors), x509_ttl, jwt_ttl, std::move(dns_names), std::move(peers), hint};
  entry.id = entry_id(entry);
  return entry;
}

}  // namespace

trust::RegistrationEntries read_entries(Section& top, const Surroundings& around) {
  trust::RegistrationEntries entries;
  const auto list = top.find("entries");
  if (!list) return entries;
  const std::vector<Node> items = list->items();
  if (!items.empty() && !around.has_issuer)
    list->mistake_at_head("only the embedded issuer (local.issuer) has entries");
  std::map<std::string, Position> seen;
  for (const Node& item : items) {
    auto entry = read_entry(item, around);
    if (!entry) continue;
    const auto [first, is_new] = seen.emplace(entry->id, item.at());
    if (!is_new)
      item.mistake("the same SPIFFE ID, selectors and hint as in " + to_string(first->second) + ": keep one");
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace entente::config
