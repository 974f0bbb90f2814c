// What the commands ask for, as values: checked before anything is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/spiffe/bundle.hpp"

namespace entente::cli {

struct WebProfile {
  std::string roots_pem;  // "": the system's
  std::vector<std::string> pins;
};
struct SpiffeProfile {
  std::string endpoint_spiffe_id;
};

// Of a relationship: in an update, what is null or empty stays as it is.
struct RelationshipRequest {
  std::string trust_domain;
  std::vector<std::string> endpoint_urls;
  std::variant<std::monostate, WebProfile, SpiffeProfile> profile;
  std::optional<std::string> policy;    // "accept", "overlap", "approve", "default"
  std::optional<std::string> sequence;  // "warn", "strict"
  std::optional<bool> allow_private_redirects;
  spiffe::BundlePtr bundle;  // null: none
  std::string bundle_text;   // as the file has it
};

enum class DeleteMode { restrict, dissociate, erase };

// Of a registration entry: in an update, what is null stays as it is.
struct EntryRequest {
  std::string id;  // "": the server gives one
  std::optional<std::string> spiffe_id, parent_id, hint;
  std::optional<std::vector<std::string>> selectors, dns_names, federates_with;
  std::optional<std::chrono::seconds> x509_svid_ttl, jwt_svid_ttl;  // 0: the issuer's default
};

}  // namespace entente::cli
