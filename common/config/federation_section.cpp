#include "common/base/file.hpp"
#include "common/config/sections.hpp"
#include "common/config/values.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::config {
namespace {

using Roots = std::shared_ptr<const std::vector<crypto::Certificate>>;

// Reads the file that the node names; a mistake there says what is wrong with it.
template <class Read>
auto read_named_file(const Node& node, const std::filesystem::path& folder, Read&& read) {
  using T = typename std::invoke_result_t<Read&, const std::string&>::value_type;
  return node.as([&](const std::string& text) -> Result<T> {
    const std::filesystem::path path = (folder / text).lexically_normal();
    const Result<std::string> content = read_file(path);
    if (!content) return content.error();
    auto value = read(*content);
    if (!value) return value.error().within(path.string());
    return value;
  });
}

Result<spiffe::BundlePtr> read_bundle(const spiffe::TrustDomain& trust_domain, const std::string& content) {
  auto parsed = spiffe::parse_bundle_file(trust_domain, content);
  if (!parsed) return parsed.error();
  if (parsed->bundle.empty())
    return Error(Errc::schema, "no authority in it" + (parsed->ignored.empty() ? "" : ": " + parsed->ignored.front()));
  return std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle));
}

Result<Roots> read_roots(const std::string& content) {
  auto certificates = crypto::certificates_from_pem(content);
  if (!certificates) return certificates.error();
  return Roots(std::make_shared<const std::vector<crypto::Certificate>>(*std::move(certificates)));
}

std::optional<trust::EndpointProfile> read_https_web(const Node& node, const Surroundings& around) {
  trust::HttpsWeb profile;
  Section section(node);
  if (const auto pins = section.find("pins"))
    if (auto read = pins->as_list_of_different([](const std::string& text) { return trust::KeyPin::parse(text); }))
      profile.pins = *std::move(read);
  if (const auto roots = section.find("roots"))
    if (auto read = read_named_file(*roots, around.folder, read_roots)) profile.roots = *std::move(read);
  return profile;
}

std::optional<trust::EndpointProfile> read_https_spiffe(const Node& node) {
  constexpr std::string_view web_only =
      "belongs to https_web: with https_spiffe the peer's bundle alone proves the endpoint";
  Section section(node);
  section.refuse("roots", web_only);
  section.refuse("pins", web_only);
  const auto id = section.get("endpoint_spiffe_id", "the SPIFFE ID that the endpoint must prove", parse_workload_id);
  if (!id) return std::nullopt;
  return trust::HttpsSpiffe{*id};
}

std::optional<trust::EndpointProfile> read_profile(Section& section, const Surroundings& around) {
  const auto chosen = section.one_of({"https_spiffe", "https_web"}, {});
  if (!chosen) return std::nullopt;
  return chosen->key == "https_web" ? read_https_web(chosen->node, around) : read_https_spiffe(chosen->node);
}

// One URL, or several in the order in which they are tried.
std::optional<std::vector<trust::EndpointUrl>> read_urls(Section& section) {
  const auto parse = [](const std::string& text) { return trust::EndpointUrl::parse(text); };
  const auto list = section.find("endpoint_urls");
  if (list && section.find("endpoint_url")) list->mistake("stands beside endpoint_url: only one of them can be");
  if (list) return list->as_list_of_different(parse);
  const auto url =
      section.get("endpoint_url", "where the peer serves its bundle, such as https://b.example:8443/", parse);
  return url ? std::optional(std::vector{*url}) : std::nullopt;
}

Result<trust::ChangePolicy> parse_policy(const std::string& text) {
  if (const auto policy = trust::parse_change_policy(text)) return *policy;
  return unexpected("accept, overlap or approve", text);
}

std::optional<spiffe::TrustDomain> read_peer(Section& section, Surroundings& around) {
  auto peer = section.get("trust_domain", "the peer's name, such as b.test", parse_trust_domain);
  if (!peer) return std::nullopt;
  const Node node = *section.find("trust_domain");
  // A host with no domain of its own may follow any, also the one it calls its own.
  if (around.has_own_domain && around.trust_domain == *peer)
    node.mistake("this trust domain itself: its bundle comes from `local`");
  const auto [first, is_new] = around.federated.emplace(*peer, node.at());
  if (!is_new) node.mistake(peer->name() + " stands here twice, first in " + to_string(first->second) + ": keep one");
  return peer;
}

trust::RelationshipPtr read_relationship(const Node& node, Surroundings& around) {
  Section section(node);
  const auto peer = read_peer(section, around);
  auto urls = read_urls(section);
  auto profile = read_profile(section, around);
  std::optional<trust::ChangePolicy> policy;
  section.set("policy", policy, parse_policy);
  bool allow_private_redirects = false;
  section.set("allow_private_redirects", allow_private_redirects, parse_bool);
  trust::SequenceRule sequence = trust::SequenceRule::warn;
  section.set(
      "sequence", sequence,
      choice<trust::SequenceRule>({{"warn", trust::SequenceRule::warn}, {"strict", trust::SequenceRule::strict}}));
  spiffe::BundlePtr bootstrap;
  const auto file = section.find("bootstrap_bundle");
  if (file && peer) {
    const auto read = [&](const std::string& content) { return read_bundle(*peer, content); };
    if (auto bundle = read_named_file(*file, around.folder, read)) bootstrap = *std::move(bundle);
  }
  if (!peer || !urls || !profile) return nullptr;
  return std::make_shared<const trust::Relationship>(
      trust::Relationship{.trust_domain = *peer,
                          .endpoint_urls = *std::move(urls),
                          .profile = *std::move(profile),
                          .bootstrap_bundle = std::move(bootstrap),
                          .sequence = sequence,
                          .policy = policy,
                          .allow_private_redirects = allow_private_redirects,
                          .source = trust::RelationshipSource::config});
}

}  // namespace

std::vector<trust::RelationshipPtr> read_federation(Section& top, Surroundings& around) {
  std::vector<trust::RelationshipPtr> relationships;
  const auto list = top.find("federation");
  if (!list) return relationships;
  for (const Node& node : list->items())
    if (auto relationship = read_relationship(node, around)) relationships.push_back(std::move(relationship));
  return relationships;
}

trust::ChangePolicy read_change_policy(Section& top) {
  trust::ChangePolicy policy = trust::ChangePolicy::accept;
  top.set("change_policy", policy, parse_policy);
  return policy;
}

trust::HistoryLimits read_history(Section& top) {
  trust::HistoryLimits limits;
  const auto node = top.find("history");
  if (!node) return limits;
  Section section(*node);
  section.set("entries", limits.entries, integer_between(1, 1'000'000));
  section.set("age", limits.age, duration_between(std::chrono::hours(1), std::chrono::hours(24 * 365 * 100)));
  return limits;
}

}  // namespace entente::config
