// From the configuration to what the syncer's parts are given.
#pragma once

#include <memory>
#include <optional>

#include "common/config/config.hpp"
#include "common/issuer/issuer.hpp"
#include "common/store/store.hpp"
#include "common/trust/registration_entry.hpp"

namespace entente::cli {

std::chrono::seconds refresh_hint_of(const config::Config& config);  // of our own bundle
Result<std::unique_ptr<store::Store>> open_store(const config::StoreConfig& config);
issuer::IssuerOptions issuer_options(const config::Config& config, const config::IssuerConfig& issuer);

// The entry that the endpoint's own identity has by itself, for the user that serves it; at most one.
Result<trust::RegistrationEntries> implied_entries(const config::Config& config);

// The longest lifetimes that the issuer must be prepared for.
struct LongestTtls {
  Duration x509, jwt;
};
LongestTtls longest_ttls(const config::IssuerConfig& issuer, const trust::RegistrationEntries& entries);

}  // namespace entente::cli
