// Who gets which identity from the embedded issuer: a SPIFFE ID, and the selectors a caller must match, all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/spiffe/spiffe_id.hpp"

namespace entente::trust {

// "unix:uid:1000": a type and a value, as SPIRE writes them. A value.
struct Selector {
  std::string type;   // "unix"
  std::string value;  // "uid:1000"

  // Checks the form and, for `unix`, the kind: uid|gid|user|group|supplementary_gid|path|sha256.
  static Result<Selector> parse(std::string_view text);
  std::string str() const { return type + ":" + value; }
  friend auto operator<=>(const Selector&, const Selector&) = default;
};

struct RegistrationEntry {
  std::string id;  // unique; "config-0", "endpoint"
  spiffe::SpiffeId spiffe_id;
  std::vector<Selector> selectors;                      // never empty
  std::optional<Duration> x509_svid_ttl, jwt_svid_ttl;  // null: the issuer's default
  std::vector<std::string> dns_names;
  // Null: every federated trust domain (deploy/example.yaml).
  std::optional<std::vector<spiffe::TrustDomain>> federates_with;
  std::string hint;
  // Who may hand it out, as SPIRE has it; kept and shown, and without a meaning here. Null: nobody was named.
  std::optional<spiffe::SpiffeId> parent_id = std::nullopt;
  Time created_at = {};        // of entries that the admin API made
  std::uint64_t revision = 0;  // grows with each change of such an entry

  friend bool operator==(const RegistrationEntry&, const RegistrationEntry&) = default;
};

// Entries in the order identities are handed out: configuration, then creation, the endpoint's implied entry last.
using RegistrationEntries = std::vector<RegistrationEntry>;

// Whether a caller with `offered` selectors (sorted) matches all of the entry's.
bool matches(const RegistrationEntry& entry, const std::vector<Selector>& offered);

}  // namespace entente::trust
