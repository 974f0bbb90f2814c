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
  section.refuse_unsupported("pins");
  if (const auto roots = section.find("roots"))
    if (auto read = read_named_file(*roots, around.folder, read_roots)) profile.roots = *std::move(read);
  return profile;
}

std::optional<trust::EndpointProfile> read_https_spiffe(const Node& node) {
  Section section(node);
  const auto id = section.get("endpoint_spiffe_id", "the SPIFFE ID that the endpoint must prove", parse_workload_id);
  if (!id) return std::nullopt;
  return trust::HttpsSpiffe{*id};
}

std::optional<trust::EndpointProfile> read_profile(Section& section, const Surroundings& around) {
  const auto chosen = section.one_of({"https_spiffe", "https_web"}, {});
  if (!chosen) return std::nullopt;
  return chosen->key == "https_web" ? read_https_web(chosen->node, around) : read_https_spiffe(chosen->node);
}

std::optional<trust::EndpointUrl> read_url(Section& section) {
  if (section.refuse_unsupported("endpoint_urls")) {
    section.find("endpoint_url");
    return std::nullopt;
  }
  return section.get("endpoint_url", "where the peer serves its bundle, such as https://b.example:8443/",
                     [](const std::string& text) { return trust::EndpointUrl::parse(text); });
}

// The policy that there is, and those that there will be.
void read_policy(Section& section) {
  const auto node = section.find("policy");
  if (!node) return;
  const auto policy = node->as(choice<std::string>({{"accept", "accept"}, {"overlap", ""}, {"approve", ""}}));
  if (policy && policy->empty()) node->mistake("only accept is supported in this version");
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
  const auto url = read_url(section);
  auto profile = read_profile(section, around);
  read_policy(section);
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
  if (!peer || !url || !profile) return nullptr;
  return std::make_shared<const trust::Relationship>(trust::Relationship{
      *peer, *url, *std::move(profile), std::move(bootstrap), sequence, trust::RelationshipSource::config});
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

}  // namespace entente::config
