#include "cli/syncer_options.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "common/store/memory_store.hpp"
#include "common/store/sqlite_store.hpp"

namespace entente::cli {

std::chrono::seconds refresh_hint_of(const config::Config& config) {
  return config.bundle_endpoint ? config.bundle_endpoint->refresh_hint : std::chrono::seconds(300);
}

Result<std::unique_ptr<store::Store>> open_store(const config::StoreConfig& config) {
  if (const auto* sqlite = std::get_if<config::SqliteConfig>(&config)) {
    Result<std::unique_ptr<store::SqliteStore>> opened = store::SqliteStore::open(sqlite->path);
    if (!opened) return opened.error();
    return std::unique_ptr<store::Store>(std::move(*opened));
  }
  return std::unique_ptr<store::Store>(std::make_unique<store::MemoryStore>());
}

issuer::IssuerOptions issuer_options(const config::Config& config, const config::IssuerConfig& issuer) {
  issuer::IssuerOptions options{*config.trust_domain, config.data_dir / "issuer"};
  options.ca_ttl = issuer.ca_ttl;
  options.x509_svid_ttl = issuer.x509_svid_ttl;
  options.jwt_svid_ttl = issuer.jwt_svid_ttl;
  options.key_type = issuer.key_type;
  options.refresh_hint = refresh_hint_of(config);
  return options;
}

Result<trust::RegistrationEntries> implied_entries(const config::Config& config) {
  trust::RegistrationEntries entries;
  if (!config.bundle_endpoint) return entries;
  const auto* serving = std::get_if<config::HttpsSpiffeServing>(&config.bundle_endpoint->profile);
  if (!serving || !std::holds_alternative<std::string>(serving->svid)) return entries;
  uid_t uid = ::getuid();
  if (!serving->run_as.empty()) {
    const struct passwd* user = ::getpwnam(serving->run_as.c_str());
    if (!user) return Error(Errc::invalid_argument, "bundle_endpoint.https_spiffe.run_as: no user " + serving->run_as);
    uid = user->pw_uid;
  }
  trust::RegistrationEntry entry{
      "endpoint", serving->spiffe_id, {{"unix", "uid:" + std::to_string(uid)}}, {}, {}, {}, std::nullopt, ""};
  entries.push_back(std::move(entry));
  return entries;
}

LongestTtls longest_ttls(const config::IssuerConfig& issuer, const trust::RegistrationEntries& entries) {
  LongestTtls longest{issuer.x509_svid_ttl, issuer.jwt_svid_ttl};
  for (const trust::RegistrationEntry& entry : entries) {
    longest.x509 = std::max(longest.x509, entry.x509_svid_ttl.value_or(Duration::zero()));
    longest.jwt = std::max(longest.jwt, entry.jwt_svid_ttl.value_or(Duration::zero()));
  }
  return longest;
}

}  // namespace entente::cli
