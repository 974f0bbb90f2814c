// JWT-SVIDs: strict reading, validation at a given time, and signing. JWT-SVID 2-5.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"

namespace entente::spiffe {

// A token whose form is right and whose signature nobody has checked yet.
struct UnverifiedJwt {
  crypto::SignatureAlgorithm algorithm;
  std::string key_id;  // "" when the header has none
  SpiffeId subject;
  std::vector<std::string> audience;  // never empty
  Time expires_at;
  std::optional<Time> not_before, issued_at;
  std::string claims_json;  // the payload as it stood, strict JSON

  std::string_view signed_part;  // views into the token that was parsed
  Bytes signature;
};

// Checks all that can be checked without a key, the algorithm before anything else (JS-1 to JS-5, 9, 10).
// The views in the result are into `token`. At most 64 KiB.
Result<UnverifiedJwt> parse_jwt_svid(std::string_view token);

struct JwtSvidClaims {
  SpiffeId subject;
  std::vector<std::string> audience;
  Time expires_at;
  std::string claims_json;  // all claims, for those who want others
};

struct JwtValidation {
  std::string audience;  // the one that must be among the token's (JS-5)
  Time now;
  Duration leeway = std::chrono::seconds(0);  // for exp and nbf; more than 60 s counts as 60 s (JS-6)
};

// Validates with the bundle of the subject's trust domain; another domain's bundle is Errc::untrusted, as are a wrong
// audience and signature; Errc::expired outside its time. A token without `kid` (JWT-SVID 2.2: optional) is tried with
// every key that its algorithm fits (JS-8).
Result<JwtSvidClaims> verify_jwt_svid(const UnverifiedJwt& token, const Bundle& bundle, const JwtValidation& wanted);

struct JwtSvidRequest {
  SpiffeId subject;
  std::vector<std::string> audience;
  Time issued_at;
  Time expires_at;
};

// The compact token; its header is alg, kid and typ, and nothing else (JS-11).
Result<std::string> sign_jwt_svid(const JwtSvidRequest& request, const std::string& key_id,
                                  const crypto::PrivateKey& key);

}  // namespace entente::spiffe
