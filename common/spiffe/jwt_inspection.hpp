// What a token is, and all that is wrong with it as a JWT-SVID: for people and scripts that look at one. What guards a
// service is parse_jwt_svid and verify_jwt_svid; both share their rules. Pure; nothing here trusts anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/violation.hpp"

namespace entente::spiffe {

// As the token says it, whoever made it; null and empty where it does not, or says it wrongly.
struct JwtInspection {
  std::string summary;  // what it is, in the words that a person reads first
  std::optional<SpiffeId> subject;
  std::string algorithm, key_id;
  std::vector<std::string> audience;
  std::optional<Time> expires_at, not_before, issued_at;
  std::string claims_json;  // strict JSON, or ""
  Violations violations;    // in a fixed order: form, header, claims, audience, time, signature
  Violations notes;         // what validators let pass, and is worth knowing
};

// The token's form alone: no audience, no time, no signature.
JwtInspection inspect_jwt_svid(std::string_view token);

// All that can be said. Without a bundle (null) the signature is not judged, which the caller is to report. Finds a
// violation exactly where parse_jwt_svid or verify_jwt_svid refuses the token.
JwtInspection examine_jwt_svid(std::string_view token, const Bundle* bundle, const JwtValidation& wanted);

}  // namespace entente::spiffe
