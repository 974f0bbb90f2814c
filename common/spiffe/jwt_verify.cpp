#include <algorithm>

#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

constexpr Duration max_leeway = std::chrono::seconds(60);

// JWT-SVID 3.2, 3.3; RFC 7519 4.1.4, 4.1.5. The leeway moves `now`, which no stranger sets: nothing can overflow.
Status check_claims(const UnverifiedJwt& token, const JwtValidation& wanted) {
  if (wanted.audience.empty()) return Error(Errc::invalid_argument, "no audience was given to validate for");
  if (std::find(token.audience.begin(), token.audience.end(), wanted.audience) == token.audience.end())
    return Error(Errc::untrusted, "not meant for the audience " + in_quotes(wanted.audience));
  const Duration leeway = std::clamp(wanted.leeway, Duration::zero(), max_leeway);
  if (wanted.now - leeway >= token.expires_at)
    return Error(Errc::expired, "expired at " + format_time(token.expires_at));
  if (token.not_before && wanted.now + leeway < *token.not_before)
    return Error(Errc::expired, "not valid before " + format_time(*token.not_before));
  return ok();
}

// JWT-SVID 2.2: `kid` is optional. Where it is there, only keys of that ID count; a token without it is tried with
// every key that its algorithm fits.
Status check_signature(const UnverifiedJwt& token, const Bundle& bundle) {
  bool found = false;
  for (const JwtAuthority& authority : bundle.jwt_authorities) {
    if (!token.key_id.empty() && authority.key_id != token.key_id) continue;
    if (!crypto::fits(token.algorithm, authority.key)) continue;
    found = true;
    if (crypto::verify(token.algorithm, authority.key, token.signed_part, token.signature)) return ok();
  }
  const std::string domain = bundle.trust_domain.name();
  if (found) return Error(Errc::untrusted, "the signature is of no JWT authority of " + domain);
  const std::string key = token.key_id.empty() ? "" : " and the key ID " + in_quotes(token.key_id);
  return Error(Errc::untrusted,
               domain + " has no JWT authority for " + std::string(crypto::to_string(token.algorithm)) + key);
}

}  // namespace

Result<JwtSvidClaims> verify_jwt_svid(const UnverifiedJwt& token, const Bundle& bundle, const JwtValidation& wanted) {
  if (!token.subject.member_of(bundle.trust_domain))
    return Error(Errc::untrusted,
                 "JWT-SVID: " + token.subject.str() + " is not in the trust domain " + bundle.trust_domain.name());
  const std::string where = "JWT-SVID of " + token.subject.str();
  if (const Status s = check_claims(token, wanted); !s) return s.error().within(where);
  if (const Status s = check_signature(token, bundle); !s) return s.error().within(where);
  return JwtSvidClaims{token.subject, token.audience, token.expires_at, token.claims_json};
}

}  // namespace entente::spiffe
