#include "cli/doctor_facts.hpp"

#include <nlohmann/json.hpp>

#include "common/crypto/certificate.hpp"
#include "common/spiffe/json.hpp"
#include "common/telemetry/listener.hpp"
#include "syncer/doctor/examine.hpp"
#include "syncer/doctor/files.hpp"

namespace entente::cli {
namespace {

using syncer::doctor::FileKind;
using syncer::doctor::Findings;
using syncer::doctor::OurSide;
using syncer::doctor::OwnEndpointFacts;
using syncer::doctor::RelationshipFacts;

constexpr std::uint32_t history_read = 200;  // entries: enough for the floor, and for the last day

Result<trust::EndpointProfile> web_profile(const RelationshipView& view) {
  trust::HttpsWeb web;
  if (view.roots_pem && !view.roots_pem->empty()) {
    Result<std::vector<crypto::Certificate>> roots = crypto::certificates_from_pem(*view.roots_pem);
    if (!roots) return roots.error().within("roots of " + view.trust_domain);
    web.roots = std::make_shared<const std::vector<crypto::Certificate>>(std::move(*roots));
  }
  for (const std::string& text : view.pins.value_or(std::vector<std::string>())) {
    const Result<trust::KeyPin> pin = trust::KeyPin::parse(text);
    if (!pin) return pin.error().within("pins of " + view.trust_domain);
    web.pins.push_back(*pin);
  }
  return trust::EndpointProfile(std::move(web));
}

Result<trust::EndpointProfile> profile_of(const RelationshipView& view) {
  if (view.endpoint_profile != "https_spiffe") return web_profile(view);
  const Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(view.endpoint_spiffe_id.value_or(""));
  if (!id) return id.error().within("endpoint_spiffe_id of " + view.trust_domain);
  return trust::EndpointProfile(trust::HttpsSpiffe{*id});
}

// Null: nothing is in use.
Result<spiffe::BundlePtr> bundle_of(const AdminClient& client, const std::string& trust_domain) {
  const Result<BundleView> view = client.bundle(trust_domain);
  if (view) return std::make_shared<const spiffe::Bundle>(view->bundle);
  if (view.error().code() == Errc::not_found) return spiffe::BundlePtr();
  return view.error();
}

// Nothing where the server keeps no history that it tells of.
std::vector<syncer::doctor::Event> events_of(const AdminClient& client, const std::string& trust_domain) {
  std::vector<syncer::doctor::Event> events;
  const Result<std::vector<HistoryView>> history = client.entente().history(trust_domain, history_read, 0, 0);
  if (!history) return events;
  for (const HistoryView& entry : *history)
    events.push_back({entry.at.value_or(Time()), entry.action, entry.sequence, entry.reason});
  return events;
}

void fill_status(const RelationshipView& view, RelationshipFacts& facts) {
  facts.allow_private_redirects = view.allow_private_redirects.value_or(false);
  facts.state = view.state.value_or("");
  facts.warnings = view.warnings.value_or(std::vector<std::string>());
  if (view.last_error) facts.last_error = syncer::doctor::ErrorFact{view.last_error->code, view.last_error->message};
  facts.last_success = view.last_success;
  facts.next_attempt = view.next_attempt;
  facts.consecutive_failures = view.consecutive_failures.value_or(0);
  if (view.held) facts.held = syncer::doctor::HeldFact{view.held->digest, view.held->why, view.held->since};
}

// "0.0.0.0:8443" as it is reached from this host; "" where the port is any.
std::string reachable(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || listen.substr(colon) == ":0") return "";
  const std::string host = listen.substr(0, colon);
  if (host == "0.0.0.0") return "127.0.0.1" + listen.substr(colon);
  if (host == "[::]") return "[::1]" + listen.substr(colon);
  return listen;
}

// The page of server/poller_table.hpp; null where it is not to be had.
std::optional<std::vector<syncer::doctor::Poller>> pollers_from(const std::string& listen, Duration timeout) {
  const std::string at = reachable(listen);
  if (at.empty()) return std::nullopt;
  const auto answer = telemetry::get("http://" + at + "/pollers", timeout);
  if (!answer || answer->status != 200) return std::nullopt;
  const Result<nlohmann::json> page = spiffe::parse_strict_json(answer->body);
  if (!page || !page->is_object() || !page->contains("clients") || !(*page)["clients"].is_array()) return std::nullopt;
  std::vector<syncer::doctor::Poller> pollers;
  for (const nlohmann::json& client : (*page)["clients"]) {
    if (!client.is_object() || !client.contains("address") || !client.contains("last_asked")) continue;
    if (!client["address"].is_string() || !client["last_asked"].is_string()) continue;
    const Result<Time> last = parse_time(client["last_asked"].get<std::string>());
    if (last) pollers.push_back({client["address"].get<std::string>(), *last});
  }
  return pollers;
}

}  // namespace

Result<RelationshipFacts> relationship_facts(const AdminClient& client, const RelationshipView& view) {
  const Result<spiffe::TrustDomain> trust_domain = spiffe::TrustDomain::parse(view.trust_domain);
  if (!trust_domain) return trust_domain.error();
  Result<trust::EndpointProfile> profile = profile_of(view);
  if (!profile) return profile.error();
  RelationshipFacts facts(*trust_domain, std::move(*profile));
  for (const std::string& text : view.endpoint_urls) {
    Result<trust::EndpointUrl> url = trust::EndpointUrl::parse(text);
    if (!url) return url.error().within("endpoint URL of " + view.trust_domain);
    facts.urls.push_back(std::move(*url));
  }
  fill_status(view, facts);
  const Result<spiffe::BundlePtr> bundle = bundle_of(client, view.trust_domain);
  if (!bundle) return bundle.error().within("bundle of " + view.trust_domain);
  facts.bundle = *bundle;
  if (const auto* spiffe_profile = std::get_if<trust::HttpsSpiffe>(&facts.profile)) {
    const spiffe::TrustDomain& of_endpoint = spiffe_profile->endpoint_spiffe_id.trust_domain();
    const Result<spiffe::BundlePtr> anchor =
        of_endpoint == facts.trust_domain ? bundle : bundle_of(client, of_endpoint.name());
    if (!anchor) return anchor.error().within("bundle of " + of_endpoint.name());
    facts.anchor = *anchor;
  }
  facts.events = events_of(client, view.trust_domain);
  return facts;
}

void look_at_local_source(const AdminClient& client, Time now, Findings& findings) {
  const Result<BundleView> view = client.bundle("");
  if (!view && view.error().code() == Errc::unavailable)
    findings.problem("local_source", view.error().message(),
                     "nothing of ours is served until it answers: see that it runs and that Entente may ask it");
  if (!view || !view->source) return;
  examine_local_source(now, {view->source->address, view->source->last_confirmed, view->source->problem}, findings);
}

OurSide our_side(const config::Config* config, Duration timeout) {
  OurSide ours;
  if (config == nullptr) return ours;
  ours.polling = config->polling;
  ours.polling_known = true;
  if (!config->bundle_endpoint) return ours;
  ours.our_hint = config->bundle_endpoint->refresh_hint;
  for (const std::string& listen : {config->telemetry, config->server.telemetry}) {
    if (listen.empty() || ours.pollers) continue;
    ours.pollers = pollers_from(listen, timeout);
  }
  return ours;
}

std::vector<syncer::doctor::Finding> examine_files(const config::Config& config) {
  Findings findings;
  const auto look = [&findings](FileKind kind, const std::filesystem::path& path) {
    examine_file(syncer::doctor::look_at_file(kind, path), findings);
  };
  if (!config.data_dir.empty()) look(FileKind::data_dir, config.data_dir);
  if (config.admin) {
    syncer::doctor::FileSeen seen = syncer::doctor::look_at_file(FileKind::admin_socket, config.admin->listen);
    seen.group_expected = !config.admin->group.empty();
    examine_file(seen, findings);
  }
  if (config.workload_api) look(FileKind::workload_socket, config.workload_api->listen);
  if (config.bundle_endpoint) {
    const config::BundleEndpointConfig& endpoint = *config.bundle_endpoint;
    if (!endpoint.publish_dir.empty() && config.trust_domain)
      look(FileKind::publication, endpoint.publish_dir / (config.trust_domain->name() + ".json"));
    if (const auto* files = std::get_if<config::KeyPairFiles>(&endpoint.profile))
      look(FileKind::private_key, files->key);
    if (const auto* serving = std::get_if<config::HttpsSpiffeServing>(&endpoint.profile))
      if (const auto* files = std::get_if<config::KeyPairFiles>(&serving->svid))
        look(FileKind::private_key, files->key);
  }
  return findings.all();
}

std::vector<syncer::doctor::Finding> examine_admin_socket(const std::filesystem::path& path) {
  Findings findings;
  if (!path.is_absolute()) return findings.all();
  syncer::doctor::FileSeen seen = syncer::doctor::look_at_file(FileKind::admin_socket, path);
  seen.group_expected = true;  // whether there is to be one, is in the configuration
  examine_file(seen, findings);
  return findings.all();
}

Result<OwnEndpoint> own_endpoint(const AdminClient* client, const config::Config& config,
                                 const std::string& public_url) {
  if (!config.bundle_endpoint || !config.trust_domain)
    return Error(Errc::not_found, "no bundle_endpoint is configured");
  const config::BundleEndpointConfig& endpoint = *config.bundle_endpoint;
  const std::string at = reachable(endpoint.listen);
  if (public_url.empty() && at.empty())
    return Error(Errc::not_found, "bundle_endpoint.listen names no port: give --endpoint-url");
  Result<trust::EndpointUrl> url =
      trust::EndpointUrl::parse(public_url.empty() ? "https://" + at + endpoint.path : public_url);
  if (!url) return url.error().within("--endpoint-url");
  trust::EndpointProfile profile = trust::HttpsWeb{};
  if (const auto* serving = std::get_if<config::HttpsSpiffeServing>(&endpoint.profile))
    profile = trust::HttpsSpiffe{serving->spiffe_id};
  OwnEndpointFacts facts(*config.trust_domain, std::move(profile));
  facts.by_public_name = !public_url.empty();
  if (client != nullptr) {
    const Result<spiffe::BundlePtr> bundle = bundle_of(*client, "");
    if (!bundle) return bundle.error().within("our own bundle");
    facts.bundle = *bundle;
  }
  return OwnEndpoint{std::move(facts), std::move(*url)};
}

}  // namespace entente::cli
