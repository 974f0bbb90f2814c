// What the doctor is told: the admin API's views and the configuration, as its facts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/admin_client.hpp"
#include "common/config/config.hpp"
#include "syncer/doctor/facts.hpp"
#include "syncer/doctor/finding.hpp"

namespace entente::cli {

// The relationship with its bundles and its history, asked of the server. The error names what cannot be read.
Result<syncer::doctor::RelationshipFacts> relationship_facts(const AdminClient& client, const RelationshipView& view);

// How peers poll us and we them, as far as the configuration (null: none given) and its telemetry tell.
syncer::doctor::OurSide our_side(const config::Config* config, Duration timeout);

// What our own bundle comes from, where that is another process.
void look_at_local_source(const AdminClient& client, Time now, syncer::doctor::Findings& findings);

// This host's sockets, folders and keys.
std::vector<syncer::doctor::Finding> examine_files(const config::Config& config);

// The admin socket alone, where no configuration is given; nothing where the path is not absolute.
std::vector<syncer::doctor::Finding> examine_admin_socket(const std::filesystem::path& path);

// Our own endpoint: what it should show, and where it is asked.
struct OwnEndpoint {
  syncer::doctor::OwnEndpointFacts facts;
  trust::EndpointUrl url;
};
// `public_url`: what peers use; "": the address that the configuration names. Errc::not_found where there is none.
Result<OwnEndpoint> own_endpoint(const AdminClient* client, const config::Config& config,
                                 const std::string& public_url);

}  // namespace entente::cli
