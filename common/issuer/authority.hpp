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

// prepared: published, not used. active: signs; one of each use. retired: signs no more, what it signed may still be
// valid.
enum class AuthorityState { prepared, active, retired };
std::string_view to_string(AuthorityState state);

// A value: what is known of an authority without its key.
struct AuthorityInfo {
  AuthorityUse use;
  std::string id;  // X.509: SHA-256 fingerprint of the certificate, in hex; JWT: the key ID
  AuthorityState state;
  Time published_at;
  Time used_from;            // when it became, or is planned to become, active
  Time expires_at;           // X.509: the certificate's end; JWT: when it must have been replaced
  Time last_signature_ends;  // nothing it signed is valid after this; set when it retires
  friend bool operator==(const AuthorityInfo&, const AuthorityInfo&) = default;
};

// For the authorities of one use.
struct RotationPolicy {
  Duration authority_ttl;     // ca_ttl
  Duration longest_svid_ttl;  // of anything that is signed with them
  std::chrono::seconds refresh_hint;
};

// How long a new authority is published before it is used: 4 refresh hints (FS-1 asks for 3 to 5), but at most a
// quarter of the authorities' lifetime, so that short-lived ones rotate at all.
Duration publication_lead(const RotationPolicy& policy);
// When the successor of an active authority is to be used: at half its life, or earlier where that is needed for the
// old one to outlive everything it signs.
Time succession_due(const AuthorityInfo& active, const RotationPolicy& policy);
// When that successor has to be published: the lead before.
Time prepare_due(const AuthorityInfo& active, const RotationPolicy& policy);
// When an authority that is published at `now` will be used. At once where no active one can sign.
Time planned_use(const AuthorityInfo* active, const RotationPolicy& policy, Time now);

// What is due at `now` for the authorities of one use (all of `authorities` are of that use).
struct RotationPlan {
  bool prepare = false;                 // make and publish a new one
  std::optional<std::string> activate;  // this prepared one becomes active, the active one retires
  std::vector<std::string> remove;      // nothing they signed is valid
  bool nothing() const { return !prepare && !activate && remove.empty(); }
};
RotationPlan plan_rotation(const std::vector<AuthorityInfo>& authorities, const RotationPolicy& policy, Time now);
// The next time at which plan_rotation says something, where nothing is due at `now`.
Time next_rotation_event(const std::vector<AuthorityInfo>& authorities, const RotationPolicy& policy, Time now);

}  // namespace entente::issuer
