// What the commands print, as values: filled from Entente's own admin API or from SPIRE's, whichever answers. What an
// API does not tell is null.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/trust/history.hpp"

namespace entente::cli {

struct ErrorView {
  std::string code, message;
};

// A bundle that waits for an operator's approval.
struct HeldView {
  std::string digest;
  std::string why;
  std::optional<Time> since;
  std::optional<std::uint64_t> sequence;
  trust::Provenance from;
  std::vector<trust::AuthorityChange> changes;  // against what is in use
  std::string origin;                           // "fetched", "imported"; "": not told
};

// A federation relationship and its status, in the words of the README.
struct RelationshipView {
  std::string trust_domain;
  std::vector<std::string> endpoint_urls;  // the first is asked first
  std::string endpoint_profile;            // "https_web", "https_spiffe"
  std::optional<std::string> endpoint_spiffe_id;
  std::optional<std::string> state;
  std::optional<std::vector<std::string>> warnings;
  std::optional<std::uint64_t> sequence;
  std::optional<std::chrono::seconds> refresh_hint;
  std::optional<std::uint32_t> x509_authorities, jwt_authorities;
  std::optional<Time> earliest_expiry, last_success, last_attempt, next_attempt, last_change;
  std::optional<std::uint32_t> consecutive_failures;
  std::optional<ErrorView> last_error;
  std::optional<std::string> source;  // "config", "api"
  // The definition's rest.
  std::optional<std::string> policy;         // the one that applies
  bool policy_is_default = false;            // the relationship names none of its own
  std::optional<std::string> sequence_rule;  // "warn", "strict"
  std::optional<std::string> roots_pem;      // https_web: "" are the system's
  std::optional<std::vector<std::string>> pins;
  std::optional<bool> allow_private_redirects;
  std::optional<HeldView> held;
  std::optional<std::string> bundle_origin, bundle_source;  // how the bundle in use came, and from where
  std::optional<std::string> served_by;  // the URL of the last good answer; null: none since the start

  bool awaits_approval() const { return held.has_value() || state == "held"; }
};

// The other process that our own bundle comes from.
struct SourceView {
  std::string address;
  std::optional<Time> last_confirmed;
  std::string problem;  // "": it confirms the bundle now
};

struct BundleView {
  explicit BundleView(spiffe::Bundle value) : bundle(std::move(value)) {}

  spiffe::Bundle bundle;
  std::string document;  // SPIFFE bundle format, as the server gave it where it did
  std::optional<SourceView> source;
};

struct HealthView {
  bool ready = false;
  std::vector<std::string> reasons;
};

// One trust domain at a push target, and what is the matter with it.
struct PushProblemView {
  std::string trust_domain;
  ErrorView error;
};

// A place where federated bundles are pushed.
struct PushTargetView {
  std::string target, state;
  std::uint32_t trust_domains = 0, pending = 0, consecutive_failures = 0;
  std::optional<Time> last_success, last_attempt, next_attempt;
  std::optional<ErrorView> last_error;
  std::vector<PushProblemView> problems, not_ours;
};

// A new authority of the embedded issuer.
struct PreparedAuthorityView {
  std::string use;  // "x509-svid", "jwt-svid"
  std::string id;   // SHA-256 fingerprint, or key ID
  std::optional<Time> published_at, used_from;
  std::optional<Duration> public_for;
};
// A client of our endpoint that is not known to have a bundle with the new authorities.
struct LaggingClientView {
  std::string address, reason;
  std::optional<Time> last_seen;
  std::optional<std::uint64_t> sequence;
  std::optional<Duration> behind;
};
struct RotationView {
  std::vector<PreparedAuthorityView> authorities;
  std::vector<LaggingClientView> lagging_clients;  // the latest to ask first; not all, where there are many
  std::uint32_t lagging_clients_total = 0;
  std::string lagging_clients_note;  // how far the clients are known, or why they are not
};

// One entry of a trust domain's history.
struct HistoryView {
  std::uint64_t number = 0;
  std::optional<Time> at;
  std::string action;  // "accepted", "held", ...
  std::optional<std::uint64_t> sequence;
  std::string digest;
  trust::Provenance from;
  std::optional<trust::Actor> by;
  std::string reason;
  std::vector<trust::AuthorityChange> changes;
  bool has_bundle = false;  // what `rollback` and `diff` can name
};

// What differs between two bundles of a trust domain.
struct DiffSideView {
  std::string name;  // "in use", "held", "history entry 4"
  std::string digest;
  std::optional<std::uint64_t> sequence;
};
struct DiffView {
  std::string trust_domain;
  DiffSideView from, to;
  std::vector<trust::AuthorityChange> changes;
  std::string summary;
};

// A signed file with our own bundle.
struct ExportView {
  std::string jws, trust_domain, spiffe_id, fingerprint;
  std::optional<std::uint64_t> sequence;
  std::optional<Time> issued_at, expires_at;
};
struct ImportView {
  std::string outcome;  // "accepted", "held", "unchanged"
  std::string trust_domain, summary, digest, spiffe_id, fingerprint;
  std::optional<std::uint64_t> sequence;
  std::optional<Time> issued_at;
};

// A registration entry, as any server with SPIRE's entry API has it.
struct EntryView {
  std::string id, spiffe_id, parent_id;
  std::vector<std::string> selectors;                               // "unix:uid:1000"
  std::optional<std::chrono::seconds> x509_svid_ttl, jwt_svid_ttl;  // null: the issuer's default
  std::vector<std::string> dns_names, federates_with;
  std::string hint;
  bool admin = false, downstream = false, store_svid = false;
  std::optional<Time> expires_at, created_at;
};

}  // namespace entente::cli
