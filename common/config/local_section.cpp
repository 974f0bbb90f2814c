#include "common/config/sections.hpp"
#include "common/config/values.hpp"

namespace entente::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

IssuerConfig read_issuer(const Node& node) {
  IssuerConfig issuer;
  Section section(node);
  // After a mistake about ca_ttl nothing is said of what it bounds.
  if (const auto node_of_ttl = section.find("ca_ttl"))
    issuer.ca_ttl = node_of_ttl->as(whole_seconds_between(seconds(4), hours(24 * 3650))).value_or(hours(24 * 36500));
  // With a short-lived authority the defaults shrink: only what the operator said himself can be a mistake.
  const Duration half = std::chrono::floor<seconds>(issuer.ca_ttl / 2);
  issuer.x509_svid_ttl = std::min(issuer.x509_svid_ttl, half);
  issuer.jwt_svid_ttl = std::min(issuer.jwt_svid_ttl, half);
  const auto ttl = [&](const std::string& text) { return parse_svid_ttl(text, issuer.ca_ttl); };
  section.set("x509_svid_ttl", issuer.x509_svid_ttl, ttl);
  section.set("jwt_svid_ttl", issuer.jwt_svid_ttl, ttl);
  section.set("key_type", issuer.key_type,
              choice<crypto::KeyType>({{"ec-p256", crypto::KeyType::ec_p256},
                                       {"ec-p384", crypto::KeyType::ec_p384},
                                       {"rsa-2048", crypto::KeyType::rsa_2048},
                                       {"rsa-4096", crypto::KeyType::rsa_4096}}));
  return issuer;
}

FileSourceConfig read_file_source(const Node& node, const std::filesystem::path& folder) {
  FileSourceConfig file;
  Section section(node);
  if (const auto path = section.get("path", "the file with the trust domain's bundle", path_in(folder)))
    file.path = *path;
  section.set("format", file.format,
              choice<BundleFileFormat>({{"spiffe", BundleFileFormat::spiffe}, {"pem", BundleFileFormat::pem}}));
  return file;
}

SpireServerSourceConfig read_spire_server_source(const Node& node) {
  SpireServerSourceConfig server;
  Section section(node);
  if (const auto socket = section.get(
          "address", "the socket of the server's admin API, such as unix:///run/spire/server.sock", parse_socket))
    server.socket = *socket;
  return server;
}

DelegatedConfig read_delegated(const Node& node, const std::filesystem::path& workload_api) {
  DelegatedConfig delegated;
  Section section(node);
  const auto socket =
      section.get("address", "the agent's admin socket, such as unix:///run/spire-admin/admin.sock", parse_socket);
  if (socket) delegated.address = *socket;
  if (socket && *socket == workload_api)
    section.find("address")->mistake("is the agent's Workload API: its admin socket is another one");
  section.set("by", delegated.by_selectors, choice<bool>({{"pid", false}, {"selectors", true}}));
  return delegated;
}

WorkloadApiSourceConfig read_agent(const Node& node) {
  WorkloadApiSourceConfig agent;
  Section section(node);
  if (const auto socket =
          section.get("address", "the agent's Workload API, such as unix:///run/spire/agent.sock", parse_socket))
    agent.address = *socket;
  if (const auto delegated = section.find("delegated")) agent.delegated = read_delegated(*delegated, agent.address);
  return agent;
}

}  // namespace

Result<Duration> parse_svid_ttl(const std::string& text, Duration ca_ttl) {
  const auto ttl = whole_seconds_between(seconds(1), hours(24 * 3650))(text);
  if (!ttl) return ttl.error();
  if (*ttl > ca_ttl / 2)
    return Error(Errc::invalid_argument, spell(*ttl) + " is more than half of local.issuer.ca_ttl (" + spell(ca_ttl) +
                                             "): an authority must outlive what it signs");
  return Duration(*ttl);
}

std::optional<LocalConfig> read_local(Section& top, const Surroundings& around) {
  const auto node = around.server_only ? top.find("local")
                                       : top.need("local",
                                                  "say where this trust domain's bundle comes from, with "
                                                  "issuer, file, workload_api, spire_server or none");
  if (!node && around.server_only) return NoSourceConfig();
  if (!node) return std::nullopt;
  Section section(*node);
  const auto chosen = section.one_of({"issuer", "file", "workload_api", "spire_server", "none"}, {});
  if (!chosen) return std::nullopt;
  if (chosen->key == "issuer") return read_issuer(chosen->node);
  if (chosen->key == "file") return read_file_source(chosen->node, around.folder);
  if (chosen->key == "workload_api") return read_agent(chosen->node);
  if (chosen->key == "spire_server") return read_spire_server_source(chosen->node);
  const Section none(chosen->node);
  return NoSourceConfig();
}

}  // namespace entente::config
