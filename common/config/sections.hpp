// The sections of the configuration, each read by a function of its own. Internal to config.
// Each reports its mistakes and returns what could be read: the result counts only where there was no mistake at all.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "common/config/config.hpp"
#include "common/config/yaml_reader.hpp"
#include "common/spiffe/trust_domain.hpp"

namespace entente::config {

// What a section must know of the rest of the file.
struct Surroundings {
  std::filesystem::path folder;                     // relative paths are relative to it
  std::optional<spiffe::TrustDomain> trust_domain;  // as it is said; null where it is not, or not well
  bool server_only = false;                         // the file of a host where only the server runs
  bool has_issuer = false, has_own_domain = false;
  Duration ca_ttl = Duration::max();
  std::optional<WorkloadApiConfig> workload_api;
  std::optional<WorkloadApiSourceConfig> agent;
  // Every trust domain of `federation`, and where it stands.
  std::map<spiffe::TrustDomain, Position> federated;
};

LogConfig read_log(Section& top);
StoreConfig read_store(Section& top, const std::filesystem::path& data_dir);
// Null after a mistake about which source it is: what depends on that is then not said.
std::optional<LocalConfig> read_local(Section& top, const Surroundings& around);
ServerConfig read_server(Section& top, const Surroundings& around);
std::optional<WorkloadApiConfig> read_workload_api(Section& top, const Surroundings& around);
std::optional<AdminConfig> read_admin(Section& top);
std::string read_telemetry(Section& top);
trust::PollingPolicy read_polling(Section& top);
std::optional<BundleEndpointConfig> read_bundle_endpoint(Section& top, const Surroundings& around);
// Fills around.federated.
std::vector<trust::RelationshipPtr> read_federation(Section& top, Surroundings& around);
std::vector<PushTargetConfig> read_push(Section& top, const Surroundings& around);
trust::ChangePolicy read_change_policy(Section& top);
trust::HistoryLimits read_history(Section& top);
trust::RegistrationEntries read_entries(Section& top, const Surroundings& around);

// No two listeners on one address or socket.
void check_listeners_differ(const Value& root, Mistakes& mistakes);

// A certificate's or token's lifetime: whole seconds, at most half of the authority's, so that there is always an
// authority that outlives what it signs, with time left to publish its successor (Federation 4.2).
Result<Duration> parse_svid_ttl(const std::string& text, Duration ca_ttl);

}  // namespace entente::config
