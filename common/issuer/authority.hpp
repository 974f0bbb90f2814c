// One signing authority's life, and the pure plan of what is to be done with them all.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"

namespace entente::issuer {

enum class AuthorityUse { x509_svid, jwt_svid };
std::string_view to_string(AuthorityUse use);

// prepared: published, not used. active: signs; one of each use. retired: signs no more, what it signed may still be valid.
enum class AuthorityState { prepared, active, retired };
std::string_view to_string(AuthorityState state);

// A value: what is known of an authority without its key.
struct AuthorityInfo {
  AuthorityUse use;
  std::string id;  // X.509: SHA-256 fingerprint of the certificate, in hex; JWT: the key ID
  AuthorityState state;
  Time published_at;
  Time used_from;     // when it became, or is planned to become, active
  Time expires_at;    // X.509: the certificate's end; JWT: when it must have been replaced
  // Nothing it signed is valid after this; meaningful once retired. Kept up to date while active.
  Time last_signature_ends;
  friend bool operator==(const AuthorityInfo&, const AuthorityInfo&) = default;
};

struct RotationPolicy {
  Duration ca_ttl, x509_svid_ttl, jwt_svid_ttl;
  std::chrono::seconds refresh_hint;
};

// How long a new authority is published before it is used: 4 refresh hints (FS-1 asks for 3 to 5), at most a quarter of
// ca_ttl so that short-lived authorities rotate at all.
Duration publication_lead(const RotationPolicy& policy);
// When an active authority's successor has to be prepared: so that it is active while the old one could still sign a
// certificate of full length.
Time prepare_due(const AuthorityInfo& active, const RotationPolicy& policy);

// What is due at `now` for the authorities of one use.
struct RotationPlan {
  bool prepare = false;                    // make and publish a new one
  std::optional<std::string> activate;     // this prepared one becomes active, the active one retires
  std::vector<std::string> remove;         // retired, and nothing they signed is valid
};
RotationPlan plan_rotation(AuthorityUse use, const std::vector<AuthorityInfo>& authorities, const RotationPolicy& policy, Time now);
// The next time at which plan_rotation could say something.
Time next_rotation_event(AuthorityUse use, const std::vector<AuthorityInfo>& authorities, const RotationPolicy& policy, Time now);

}  // namespace entente::issuer
