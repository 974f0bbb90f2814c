// What a fresh configuration changes, and what a subcommand needs of one.
#include "common/config/config.hpp"

namespace entente::config {
namespace {

using Names = std::vector<std::string>;

void add_if(Names& names, bool differs, const char* name) {
  if (differs) names.emplace_back(name);
}

// Files may be exchanged for others as they may be rewritten; all else of a profile stays.
bool same_but_for_files(const ServingProfile& a, const ServingProfile& b) {
  if (a.index() != b.index()) return false;
  const auto* one = std::get_if<HttpsSpiffeServing>(&a);
  const auto* other = std::get_if<HttpsSpiffeServing>(&b);
  if (one == nullptr) return true;
  const bool both_files = one->svid.index() == 1 && other->svid.index() == 1;
  return one->spiffe_id == other->spiffe_id && one->run_as == other->run_as && (both_files || one->svid == other->svid);
}

const char* profile_key(const ServingProfile& profile) {
  return profile.index() == 0 ? "bundle_endpoint.https_spiffe" : "bundle_endpoint.https_web";
}

void compare(Names& names, const BundleEndpointConfig& a, const BundleEndpointConfig& b) {
  add_if(names, a.listen != b.listen, "bundle_endpoint.listen");
  add_if(names, a.path != b.path, "bundle_endpoint.path");
  add_if(names, a.publish_dir != b.publish_dir, "bundle_endpoint.publish_dir");
  add_if(names, !same_but_for_files(a.profile, b.profile), profile_key(b.profile));
  add_if(names, a.limits != b.limits, "bundle_endpoint.limits");
}

bool needs_workload_api(const ServingProfile& profile) {
  const auto* spiffe = std::get_if<HttpsSpiffeServing>(&profile);
  return spiffe != nullptr && std::holds_alternative<std::string>(spiffe->svid);
}

void missing_for_server(Names& missing, const Config& config) {
  if (!config.bundle_endpoint)
    return missing.emplace_back("bundle_endpoint is missing: there is nothing to serve"), void();
  if (config.bundle_endpoint->publish_dir.empty())
    missing.emplace_back("bundle_endpoint.publish_dir is missing: the server reads there what the syncer wrote");
  if (config.server.state_dir.empty() && needs_workload_api(config.bundle_endpoint->profile))
    missing.emplace_back("server.state_dir is missing: the server keeps its last X509-SVID there");
}

}  // namespace

Names needs_restart(const Config& running, const Config& fresh) {
  Names names;
  add_if(names, running.trust_domain != fresh.trust_domain, "trust_domain");
  add_if(names, running.data_dir != fresh.data_dir, "data_dir");
  add_if(names, running.store != fresh.store, "store");
  add_if(names, running.local != fresh.local, "local");
  if (running.bundle_endpoint && fresh.bundle_endpoint) {
    compare(names, *running.bundle_endpoint, *fresh.bundle_endpoint);
  } else {
    add_if(names, running.bundle_endpoint.has_value() != fresh.bundle_endpoint.has_value(), "bundle_endpoint");
  }
  add_if(names, running.server != fresh.server, "server");
  add_if(names, running.workload_api != fresh.workload_api, "workload_api");
  add_if(names, running.admin != fresh.admin, "admin");
  add_if(names, running.push != fresh.push, "push");
  add_if(names, running.telemetry != fresh.telemetry, "telemetry");
  return names;
}

Names missing_for(Role role, const Config& config) {
  Names missing;
  if (role == Role::server) {
    missing_for_server(missing, config);
    return missing;
  }
  if (config.data_dir.empty())
    missing.emplace_back("data_dir and local are missing: this file is for a host where only the server runs");
  if (role == Role::syncer && config.bundle_endpoint && config.bundle_endpoint->publish_dir.empty())
    missing.emplace_back("bundle_endpoint.publish_dir is missing: the server reads there what the syncer writes");
  return missing;
}

}  // namespace entente::config
