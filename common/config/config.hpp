// The whole configuration of a host's Entente processes, as one plain struct read once. deploy/example.yaml.
// Paths are absolute (relative ones were resolved against the file's folder, the store's against data_dir); defaults
// are filled in. deploy/example.yaml shows every key.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/key.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/trust/history.hpp"
#include "common/trust/polling.hpp"
#include "common/trust/registration_entry.hpp"
#include "common/trust/relationship.hpp"

namespace entente::config {

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct SqliteConfig {
  std::filesystem::path path;  // default data_dir/entente.db; a relative one is relative to data_dir
  friend bool operator==(const SqliteConfig&, const SqliteConfig&) = default;
};
struct MemoryConfig {
  friend bool operator==(const MemoryConfig&, const MemoryConfig&) = default;
};
using StoreConfig = std::variant<SqliteConfig, MemoryConfig>;

// SVIDs live at most half as long as the authority; where ca_ttl is short, the two defaults shrink to that.
struct IssuerConfig {
  Duration ca_ttl = std::chrono::hours(24);
  Duration x509_svid_ttl = std::chrono::hours(1);
  Duration jwt_svid_ttl = std::chrono::minutes(5);
  crypto::KeyType key_type = crypto::KeyType::ec_p256;
  friend bool operator==(const IssuerConfig&, const IssuerConfig&) = default;
};
enum class BundleFileFormat { spiffe, pem };
struct FileSourceConfig {
  std::filesystem::path path;
  BundleFileFormat format = BundleFileFormat::spiffe;
  friend bool operator==(const FileSourceConfig&, const FileSourceConfig&) = default;
};
struct SpireServerSourceConfig {
  std::filesystem::path socket;  // of the server's admin API
  friend bool operator==(const SpireServerSourceConfig&, const SpireServerSourceConfig&) = default;
};
// The agent hands on this host's identities through us.
struct DelegatedConfig {
  std::filesystem::path address;  // the agent's admin socket
  bool by_selectors = false;      // callers are named by what we attested; else by their pid, which the agent attests
  friend bool operator==(const DelegatedConfig&, const DelegatedConfig&) = default;
};
struct WorkloadApiSourceConfig {
  std::filesystem::path address;  // the agent's Workload API
  std::optional<DelegatedConfig> delegated;
  friend bool operator==(const WorkloadApiSourceConfig&, const WorkloadApiSourceConfig&) = default;
};
struct NoSourceConfig {
  friend bool operator==(const NoSourceConfig&, const NoSourceConfig&) = default;
};
using LocalConfig =
    std::variant<IssuerConfig, FileSourceConfig, WorkloadApiSourceConfig, SpireServerSourceConfig, NoSourceConfig>;

struct KeyPairFiles {
  std::filesystem::path certificate, key;
  friend bool operator==(const KeyPairFiles&, const KeyPairFiles&) = default;
};
struct HttpsSpiffeServing {
  spiffe::SpiffeId spiffe_id;
  std::string run_as;  // user name; "": the user the syncer runs as
  std::variant<std::string, KeyPairFiles>
      svid;  // a Workload API's socket ("unix:///..."; default the agent's or workload_api.listen), or files
  friend bool operator==(const HttpsSpiffeServing&, const HttpsSpiffeServing&) = default;
};
using ServingProfile = std::variant<HttpsSpiffeServing, KeyPairFiles>;  // https_spiffe, https_web

struct LimitsConfig {
  std::size_t connections = 20000, connections_per_address = 200;
  Duration request_timeout = std::chrono::seconds(10), idle_timeout = std::chrono::seconds(120);
  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};
struct BundleEndpointConfig {
  std::string listen;
  std::string path = "/";
  std::chrono::seconds refresh_hint{300};
  std::filesystem::path publish_dir;  // "" where it was left out: `run` then uses data_dir/publish
  ServingProfile profile;
  LimitsConfig limits;
  friend bool operator==(const BundleEndpointConfig&, const BundleEndpointConfig&) = default;
};

struct ServerConfig {
  std::filesystem::path state_dir;  // "": where the server runs alone, an error; `run` uses data_dir/server
  std::string telemetry;            // "": none
  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

struct WorkloadApiConfig {
  std::filesystem::path listen;
  bool allow_unauthenticated_verifiers = false;
  bool discover_path = false;
  friend bool operator==(const WorkloadApiConfig&, const WorkloadApiConfig&) = default;
};

struct AdminConfig {
  std::filesystem::path listen;
  std::string group;  // "": the socket is its owner's alone (0600), else 0660 with this group
  friend bool operator==(const AdminConfig&, const AdminConfig&) = default;
};

// Where federated bundles are pushed. docs/beside-spire-server.md.
enum class PushEnd { restrict_, dissociate, delete_ };  // what becomes of SPIRE's entries when a relationship ends
struct SpireServerPush {
  std::filesystem::path socket;  // of the server's admin API
  PushEnd on_end = PushEnd::dissociate;
  Duration check = std::chrono::minutes(5);
  friend bool operator==(const SpireServerPush&, const SpireServerPush&) = default;
};
struct FilePush {
  std::filesystem::path dir;
  BundleFileFormat format = BundleFileFormat::spiffe;
  Duration check = std::chrono::minutes(5);
  friend bool operator==(const FilePush&, const FilePush&) = default;
};
using PushTargetConfig = std::variant<SpireServerPush, FilePush>;

struct Config {
  std::filesystem::path file;
  // Null with `local: {none: {}}`, and only then. (The file may name one there: it says nothing, and a relationship may
  // follow it like any other.)
  std::optional<spiffe::TrustDomain> trust_domain;
  // Empty only in the file of a host where only the server runs: one with `server` and `bundle_endpoint`, and without
  // `data_dir`, `local` and `store`. Its `local` is NoSourceConfig.
  std::filesystem::path data_dir;
  LogConfig log;
  StoreConfig store;
  LocalConfig local;
  std::optional<BundleEndpointConfig> bundle_endpoint;
  ServerConfig server;
  std::optional<WorkloadApiConfig> workload_api;
  std::optional<AdminConfig> admin;  // null: not served, and no `entente bundle|federation|health` command works
  std::string telemetry;             // "": none
  trust::PollingPolicy polling;
  trust::ChangePolicy change_policy = trust::ChangePolicy::accept;  // of relationships that name none of their own
  trust::HistoryLimits history;
  std::vector<trust::RelationshipPtr> federation;  // in the order of the file
  std::vector<PushTargetConfig> push;              // likewise; no two to one place
  // In the order of the file; without the endpoint's implied one. IDs ("config-<hash>") stay the same while an entry's
  // SPIFFE ID, selectors and hint do, wherever it stands; no two are equal.
  trust::RegistrationEntries entries;
};

// One mistake, where it stands (1-based; columns count bytes). What is missing stands at its section's key.
struct Mistake {
  int line = 0, column = 0;
  std::string message;  // what is wrong and what would be right
};
// "FILE:LINE:COLUMN: message", each ended by a newline.
std::string describe(const std::filesystem::path& file, const std::vector<Mistake>& mistakes);

// All mistakes at once, in the order of the file, or the configuration. Reads the files that it names and that are read
// once (bootstrap bundles, roots); files that may come later (certificates that something else writes) are not
// demanded.
std::variant<Config, std::vector<Mistake>> load(const std::filesystem::path& file);
// The same of a text, for tests; `file` gives the folder for relative paths.
std::variant<Config, std::vector<Mistake>> parse(const std::string& text, const std::filesystem::path& file);

// What differs and cannot be applied by SIGHUP: the top-level names, such as "data_dir", "bundle_endpoint.listen".
// `federation`, `entries`, `log`, `polling`, `change_policy`, `history`, `bundle_endpoint.refresh_hint` and certificate
// files (their contents, and which they are) can.
std::vector<std::string> needs_restart(const Config& running, const Config& fresh);

// What a subcommand needs and the file, good in itself, does not say: one message each, without a position. Empty: it
// can start.
enum class Role { run, syncer, server };
std::vector<std::string> missing_for(Role role, const Config& config);

}  // namespace entente::config
