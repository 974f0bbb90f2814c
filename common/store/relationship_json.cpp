#include "common/store/relationship_json.hpp"

#include "common/store/definition_json.hpp"

namespace entente::store {
namespace {

using nlohmann::json;

constexpr int version = 1;

json to_json(const trust::HttpsWeb& web) {
  json written = json::object();
  // Null and empty differ: the system's roots, and none at all.
  if (web.roots) written["roots"] = crypto::to_pem(*web.roots);
  auto pins = json::array();
  for (const auto& pin : web.pins) pins.push_back(pin.str());
  written["pins"] = std::move(pins);
  return written;
}

Result<trust::EndpointProfile> read_web(const json& stored) {
  for (const auto& member : stored.items())
    if (member.key() != "roots" && member.key() != "pins")
      return Error(Errc::schema, "https_web: unknown member \"" + member.key() + "\"");
  trust::HttpsWeb web;
  if (stored.contains("roots")) {
    const auto pem = stored.at("roots").get<std::string>();
    auto roots = std::make_shared<std::vector<crypto::Certificate>>();
    if (!pem.empty()) {
      auto parsed = crypto::certificates_from_pem(pem);
      if (!parsed) return parsed.error().within("https_web: roots");
      *roots = std::move(*parsed);
    }
    web.roots = std::move(roots);
  }
  auto pins = parse_each<trust::KeyPin>(stored.at("pins"), "https_web: pins", trust::KeyPin::parse);
  if (!pins) return pins.error();
  web.pins = std::move(*pins);
  return trust::EndpointProfile(std::move(web));
}

Result<trust::EndpointProfile> read_profile(const json& stored) {
  if (stored.contains("https_web") == stored.contains("https_spiffe"))
    return Error(Errc::schema, "must have one of https_web and https_spiffe");
  if (stored.contains("https_web")) return read_web(stored.at("https_web"));
  const auto& spiffe = stored.at("https_spiffe");
  if (spiffe.size() != 1) return Error(Errc::schema, "https_spiffe: must have endpoint_spiffe_id alone");
  auto id = spiffe::SpiffeId::parse(spiffe.at("endpoint_spiffe_id").get<std::string>());
  if (!id) return id.error().within("https_spiffe: endpoint_spiffe_id");
  return trust::EndpointProfile(trust::HttpsSpiffe{std::move(*id)});
}

Result<trust::SequenceRule> read_sequence_rule(const std::string& text) {
  if (text == "warn") return trust::SequenceRule::warn;
  if (text == "strict") return trust::SequenceRule::strict;
  return Error(Errc::schema, "sequence \"" + text + "\" is neither warn nor strict");
}

Result<std::optional<trust::ChangePolicy>> read_policy(const json& stored) {
  std::optional<trust::ChangePolicy> policy;
  if (!stored.contains("policy")) return policy;
  const auto parsed = trust::parse_change_policy(stored.at("policy").get<std::string>());
  if (!parsed) return parsed.error().within("policy");
  policy = *parsed;
  return policy;
}

Result<trust::RelationshipPtr> read(const spiffe::TrustDomain& trust_domain, const json& stored) {
  if (stored.at("trust_domain") != trust_domain.name())
    return Error(Errc::schema, "trust_domain is another than the one it is stored under");
  auto urls = parse_each<trust::EndpointUrl>(stored.at("endpoint_urls"), "endpoint_urls", trust::EndpointUrl::parse);
  if (!urls) return urls.error();
  if (urls->empty()) return Error(Errc::schema, "endpoint_urls is empty");
  auto profile = read_profile(stored);
  if (!profile) return profile.error();
  const auto sequence = read_sequence_rule(stored.at("sequence").get<std::string>());
  if (!sequence) return sequence.error();
  const auto policy = read_policy(stored);
  if (!policy) return policy.error();
  trust::Relationship relationship{trust_domain, std::move(*urls), std::move(*profile), nullptr};
  relationship.sequence = *sequence;
  relationship.policy = *policy;
  relationship.allow_private_redirects = stored.at("allow_private_redirects").get<bool>();
  relationship.source = trust::RelationshipSource::api;
  return trust::RelationshipPtr(std::make_shared<const trust::Relationship>(std::move(relationship)));
}

}  // namespace

std::string write_relationship(const trust::Relationship& relationship) {
  json written = {{"version", version}, {"trust_domain", relationship.trust_domain.name()}};
  auto urls = json::array();
  for (const auto& url : relationship.endpoint_urls) urls.push_back(url.str());
  written["endpoint_urls"] = std::move(urls);
  if (const auto web = std::get_if<trust::HttpsWeb>(&relationship.profile))
    written["https_web"] = to_json(*web);
  else
    written["https_spiffe"] = {
        {"endpoint_spiffe_id", std::get<trust::HttpsSpiffe>(relationship.profile).endpoint_spiffe_id.str()}};
  written["sequence"] = relationship.sequence == trust::SequenceRule::strict ? "strict" : "warn";
  if (relationship.policy) written["policy"] = trust::to_string(*relationship.policy);
  written["allow_private_redirects"] = relationship.allow_private_redirects;
  return written.dump();
}

Result<trust::RelationshipPtr> parse_relationship(const spiffe::TrustDomain& trust_domain, std::string_view text) {
  const auto stored = open_definition(
      text, version,
      {"trust_domain", "endpoint_urls", "https_web", "https_spiffe", "sequence", "policy", "allow_private_redirects"});
  if (!stored) return stored.error();
  return read_definition([&] { return read(trust_domain, *stored); });
}

}  // namespace entente::store
