#include "common/config/sections.hpp"
#include "common/config/values.hpp"

namespace entente::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using SvidSource = std::variant<std::string, KeyPairFiles>;

LimitsConfig read_limits(const Node& node) {
  constexpr std::size_t most = 1'000'000;
  LimitsConfig limits;
  Section section(node);
  section.set("connections", limits.connections, integer_between(1, most));
  section.set("connections_per_address", limits.connections_per_address, integer_between(1, most));
  section.set("request_timeout", limits.request_timeout, duration_between(milliseconds(100), minutes(10)));
  section.set("idle_timeout", limits.idle_timeout, duration_between(milliseconds(100), hours(24)));
  return limits;
}

void read_key_pair(Section& section, const std::filesystem::path& folder, KeyPairFiles& files) {
  if (const auto path = section.get("certificate", "the PEM file with the certificate and its chain", path_in(folder)))
    files.certificate = *path;
  if (const auto path = section.get("key", "the PEM file with the private key", path_in(folder))) files.key = *path;
}

std::string socket_url(const std::filesystem::path& path) { return "unix://" + path.string(); }

// Without a word: the agent's Workload API, or this file's own, which has identities from the embedded issuer.
SvidSource default_svid_source(const Node& https_spiffe, const Surroundings& around) {
  constexpr std::string_view remedy =
      "; name another Workload API with workload_api, or files with svid: {certificate, key}";
  if (around.agent) return socket_url(around.agent->address);
  if (!around.workload_api) {
    https_spiffe.mistake_at_head("no source of the endpoint's X509-SVID: there is no workload_api section" +
                                 std::string(remedy));
    return "";
  }
  if (!around.has_issuer && !around.server_only)
    https_spiffe.mistake_at_head(
        "no source of the endpoint's X509-SVID: without local.issuer this file's Workload "
        "API gives none" +
        std::string(remedy));
  return socket_url(around.workload_api->listen);
}

SvidSource read_svid_source(Section& section, const Surroundings& around) {
  const auto api = section.find("workload_api");
  const auto files = section.find("svid");
  if (api && files) files->mistake("stands beside workload_api: only one of them can be");
  if (files) {
    KeyPairFiles pair;
    Section keys(*files);
    read_key_pair(keys, around.folder, pair);
    return pair;
  }
  if (!api) return section.readable() ? default_svid_source(section.node(), around) : "";
  const auto socket = api->as(parse_socket);
  return socket ? socket_url(*socket) : "";
}

std::optional<ServingProfile> read_https_spiffe(const Node& node, const Surroundings& around) {
  Section section(node);
  const auto id =
      section.get("spiffe_id", "the endpoint's SPIFFE ID, such as spiffe://a.test/entente", parse_workload_id);
  if (id && around.trust_domain && !id->member_of(*around.trust_domain))
    section.find("spiffe_id")
        ->mistake("expected an ID in this trust domain, " + around.trust_domain->id() + "/..., found " +
                  in_quotes(id->str()));
  std::string run_as;
  section.set("run_as", run_as, existing_user);
  SvidSource source = read_svid_source(section, around);
  if (!id) return std::nullopt;
  return HttpsSpiffeServing{*id, run_as, std::move(source)};
}

std::optional<ServingProfile> read_https_web(const Node& node, const Surroundings& around) {
  Section section(node);
  KeyPairFiles files;
  if (section.refuse_unsupported("acme")) {
    section.find("certificate");
    section.find("key");
    return std::nullopt;
  }
  read_key_pair(section, around.folder, files);
  return files;
}

std::optional<ServingProfile> read_profile(Section& section, const Surroundings& around) {
  const auto chosen = section.one_of({"https_spiffe", "https_web"}, {});
  if (!chosen) return std::nullopt;
  return chosen->key == "https_spiffe" ? read_https_spiffe(chosen->node, around) : read_https_web(chosen->node, around);
}

// A new authority is published four hints before it is used (FS-1), which has to fit into a quarter of its life.
void check_rotation(seconds hint, const Node& place, const Surroundings& around) {
  if (!around.has_issuer || 16 * Duration(hint) <= around.ca_ttl) return;
  place.mistake("a refresh_hint of " + spell(hint) + " needs a local.issuer.ca_ttl of at least " + spell(16 * hint) +
                ", so that peers learn of a new authority before it is used; it is " + spell(around.ca_ttl));
}

}  // namespace

std::optional<BundleEndpointConfig> read_bundle_endpoint(Section& top, const Surroundings& around) {
  const auto node = top.find("bundle_endpoint");
  if (!node) return std::nullopt;
  if (!around.has_own_domain)
    node->mistake_at_head("with local.none there is no bundle to serve: leave this section out, or name a source");
  Section section(*node);
  const auto listen = section.get("listen", "the address, such as 0.0.0.0:8443", parse_listen);
  std::string path = "/";
  section.set("path", path, parse_url_path);
  seconds hint(300);
  section.set("refresh_hint", hint, whole_seconds_between(seconds(1), hours(24 * 365)));
  check_rotation(hint, section.find("refresh_hint").value_or(*node), around);
  std::filesystem::path publish_dir;
  section.set("publish_dir", publish_dir, path_in(around.folder));
  LimitsConfig limits;
  if (const auto found = section.find("limits")) limits = read_limits(*found);
  auto profile = read_profile(section, around);
  if (!profile) return std::nullopt;
  return BundleEndpointConfig{listen.value_or(""), path, hint, publish_dir, *std::move(profile), limits};
}

}  // namespace entente::config
