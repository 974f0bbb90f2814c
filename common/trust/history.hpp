// What is on record of each change of trust: an append-only list for each trust domain.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"

namespace entente::trust {

// Where a bundle came from, as far as it is known; "" is not known.
struct Provenance {
  std::string source = {};       // a URL after redirects, a file, "issuer", "admin API"
  std::string address = {};      // "192.0.2.1:8443", the one that answered
  std::string certificate = {};  // SHA-256 of the endpoint's certificate, in hex
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// The operator behind a decision: who asked over the admin socket.
struct Actor {
  std::uint32_t uid = 0;
  std::string command;  // the caller's command line, shortened, or the API call where the process has gone
  friend bool operator==(const Actor&, const Actor&) = default;
};
std::string describe(const Actor& actor);  // "uid 1000 (entente federation accept b.test --reason rebuilt)"

enum class HistoryAction {
  accepted,     // in use from then on: fetched, imported, or our own
  bootstrap,    // in use: the operator's bootstrap bundle
  given,        // in use: `bundle set`
  approved,     // in use: it had been held
  rolled_back,  // in use: an earlier one restored
  held,         // waits for approval
  rejected,     // an operator refused what was held
  refused,      // not taken: sequence, or rejected before
  withdrawn,    // no longer in use: the relationship or the bundle was removed
  accept_next,  // an operator gave the word for the next good bundle
};
std::string_view to_string(HistoryAction action);  // the wire name, "rolled_back"
std::optional<HistoryAction> parse_history_action(std::string_view text);

// One authority that a change adds or removes.
struct AuthorityChange {
  bool added = false;
  std::string use;      // "x509-svid", "jwt-svid", "wit-svid"
  std::string id;       // SHA-256 fingerprint in hex, or the key ID
  std::string subject;  // of a certificate
  std::optional<Time> expires_at;
  friend bool operator==(const AuthorityChange&, const AuthorityChange&) = default;
};
// "x509-svid added: 3f2a... (CN=..., until 2026-11-23T10:00:00Z)".
std::string describe(const AuthorityChange& change);

// What turns `before` (may be null) into `after` (may be null): removals first, each use in the order of the bundle.
std::vector<AuthorityChange> difference(const spiffe::Bundle* before, const spiffe::Bundle* after);

// A value that never changes once it is written.
struct HistoryEntry {
  HistoryEntry(spiffe::TrustDomain domain, HistoryAction what) : trust_domain(std::move(domain)), action(what) {}

  spiffe::TrustDomain trust_domain;
  std::uint64_t number = 0;  // from 1, for each trust domain by itself; given by the ledger
  Time at;
  HistoryAction action;
  std::optional<std::uint64_t> sequence;  // of the bundle that the entry is about
  Provenance from;
  std::optional<Actor> by;  // null: nobody asked
  std::string reason;       // the operator's, or why it was held or refused
  std::string digest;       // authorities_digest of the bundle that the entry is about; "" where there is none
  std::vector<AuthorityChange> changes;  // against what was in use before it
  spiffe::BundlePtr bundle;              // null where there is none, or where it was refused
};
using HistoryEntryPtr = std::shared_ptr<const HistoryEntry>;

// How much is kept for each trust domain: what exceeds either bound goes, the oldest first.
struct HistoryLimits {
  std::size_t entries = 1000;
  Duration age = std::chrono::hours(24 * 365);
  friend bool operator==(const HistoryLimits&, const HistoryLimits&) = default;
};

}  // namespace entente::trust
