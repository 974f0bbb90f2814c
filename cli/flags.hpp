// What a user typed, read into requests: every mistake names its flag and is found before anything is sent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/requests.hpp"
#include "common/base/result.hpp"

namespace entente::cli {

// As typed; empty and null: not given.
struct RelationshipFlags {
  std::string trust_domain;
  std::vector<std::string> urls;
  bool https_web = false, https_spiffe = false;
  std::optional<std::string> roots, endpoint_id, bundle, policy, sequence;
  std::vector<std::string> pins;
  std::optional<bool> allow_private_redirects;
};

struct EntryFlags {
  std::optional<std::string> spiffe_id, parent_id, x509_svid_ttl, jwt_svid_ttl, hint;
  std::vector<std::string> selectors, dns_names, federates_with;
};

// All errors are Errc::invalid_argument: "--url: ...". A new relationship needs a URL and a profile, an update
// something to change.
Result<RelationshipRequest> read_new_relationship(const RelationshipFlags& flags);
Result<RelationshipRequest> read_relationship_update(const RelationshipFlags& flags);
Result<EntryRequest> read_new_entry(const EntryFlags& flags);
Result<EntryRequest> read_entry_update(const std::string& id, const EntryFlags& flags);

// "b.test" or "spiffe://b.test"; the name.
Result<std::string> read_trust_domain(const std::string& text);
// 64 hexadecimal digits, in lower case. `colons`: also as openssl prints a fingerprint, "AB:CD:...".
Result<std::string> read_digest(const std::string& flag, std::string text, bool colons);
// A file's content; "-" is stdin.
Result<std::string> read_input(const std::string& what, const std::string& path);
// A bundle of that trust domain in SPIFFE format or PEM, and its text.
struct BundleFile {
  spiffe::BundlePtr bundle;
  std::string text;
  std::vector<std::string> ignored;  // keys that were passed over, and why
};
Result<BundleFile> read_bundle_file(const std::string& what, const std::string& trust_domain, const std::string& path);

}  // namespace entente::cli
