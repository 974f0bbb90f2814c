// What `entente helper` is told, as one plain struct read once: from YAML of its own, or from a configuration of
// spiffe-helper. docs/helper.md; deploy/helper/example.yaml shows every key.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/time.hpp"
#include "common/config/config.hpp"
#include "common/spiffe/spiffe_id.hpp"

namespace entente::helper {

// What a file holds.
enum class Content {
  certificate,            // the X509-SVID and its intermediates, leaf first
  leaf_certificate,       // the X509-SVID alone
  key,                    // its private key
  key_and_certificate,    // both in one file, which no reader can find mismatched
  bundle,                 // the X.509 authorities of the identity's own trust domain
  federated_bundles,      // the same, a file for each federated trust domain
  merged_bundles,         // those of all trust domains in one file, which takes any of them for any other
  bundle_map,             // the SPIFFE bundle map: X.509 authorities by trust domain
  jwt_svid,               // a JWT-SVID
  jwt_bundle,             // the JWT authorities of the identity's own trust domain, a JWK Set
  federated_jwt_bundles,  // the same, a file for each federated trust domain
  jwt_bundle_map,         // the SPIFFE bundle map: JWT authorities by trust domain
};
enum class Format {
  pem,
  der,
  pkcs12,
  spiffe,         // JSON as SPIFFE has it: JWK Set, bundle map
  token,          // a compact JWS
  spiffe_helper,  // of jwt_bundle_map: {"trust domain": "base64 of its JWK Set"}
};

struct FileRule {
  std::string name;  // holds "{trust_domain}" where there is a file for each federated trust domain
  Content content = Content::certificate;
  Format format = Format::pem;
  mode_t mode = 0644;
  std::optional<uid_t> owner;  // null: whoever runs the helper
  std::optional<gid_t> group;
  std::vector<std::string> audience;    // of a JWT-SVID; never empty there
  bool with_intermediates = false;      // of bundles: the SVID's intermediates behind the authorities
  std::filesystem::path password_file;  // of PKCS#12; "": an empty password
};

// How the files change.
enum class Layout {
  set,    // all at once: names are links through `..data`, which switches from set to set
  files,  // each by itself, atomically, one after the other
};

enum class Restart {
  never,       // the helper ends with the child, and with its exit code
  on_failure,  // started again unless it ends with 0
  always,
  at_renewal,  // the helper goes on; where the child has ended, the next set starts it again (spiffe-helper's way)
};
struct ChildConfig {
  std::vector<std::string> command;  // never empty
  Restart restart = Restart::never;
  Duration first_pause = std::chrono::seconds(1), longest_pause = std::chrono::minutes(1);
  Duration grace = std::chrono::seconds(10);  // between the signal to stop and SIGKILL
};
// Who is told of a new set.
struct RenewalConfig {
  int signal = 0;  // to the child and to the process of the pid file; 0: none
  std::filesystem::path pid_file;
  std::vector<std::string> command;
  Duration command_timeout = std::chrono::seconds(30);
};
struct HealthConfig {
  std::string listen;
  std::string live_path = "/live", ready_path = "/ready";
};

struct HelperConfig {
  std::filesystem::path file;
  config::LogConfig log;
  std::optional<std::string> socket;  // null: --socket, SPIFFE_ENDPOINT_SOCKET
  std::string fallback_socket;        // where nothing else says one; spiffe-helper has one
  std::string hint;                   // the identity with this hint; "": the first
  std::optional<spiffe::SpiffeId> spiffe_id;
  std::filesystem::path directory;
  mode_t directory_mode = 0755;
  Layout layout = Layout::set;
  std::vector<FileRule> files;
  bool omit_expired = false;
  bool remove_at_exit = false;
  std::optional<Duration> remove_when_denied = std::chrono::minutes(1);  // null: never
  bool once = false;
  std::optional<ChildConfig> child;
  RenewalConfig renewal;
  std::optional<HealthConfig> health;
  std::vector<std::string> warnings;  // what is not done as the file says, and what it had better not say
};

using Outcome = std::variant<HelperConfig, std::vector<config::Mistake>>;

// All mistakes at once. HCL or YAML is told by the content. `file` is where the text stands: relative paths are
// relative to its folder in YAML, and to the working folder in HCL, as in spiffe-helper.
Outcome parse(const std::string& text, const std::filesystem::path& file);
Outcome load(const std::filesystem::path& file);

}  // namespace entente::helper
