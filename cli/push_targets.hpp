// The configured push targets, each with its loop.
#pragma once

#include <memory>
#include <vector>

#include "common/config/config.hpp"
#include "syncer/push/pusher.hpp"

namespace entente::cli {

// What status and metrics call a target: "unix:///run/spire/server.sock", "/var/lib/bundles/*.json".
std::string push_target_name(const config::PushTargetConfig& target);

// Blocks: reads from data_dir what was pushed before. Warns of targets that are configured no more.
Result<std::vector<std::unique_ptr<syncer::Pusher>>> open_pushers(const config::Config& config,
                                                                  const syncer::PushParts& parts);

}  // namespace entente::cli
