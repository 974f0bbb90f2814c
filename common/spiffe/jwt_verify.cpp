#include <algorithm>

#include "common/spiffe/jwt_reading.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

constexpr Duration max_leeway = std::chrono::seconds(60);

Duration leeway_of(const JwtValidation& wanted) { return std::clamp(wanted.leeway, Duration::zero(), max_leeway); }

JwtFault untrusted(std::string code, std::string section, std::string message) {
  return {Errc::untrusted, {std::move(code), std::move(section), std::move(message)}};
}

std::optional<JwtFault> first_fault(const UnverifiedJwt& token, const Bundle& bundle, const JwtValidation& wanted) {
  if (auto fault = audience_fault(token.audience, wanted.audience)) return fault;
  if (auto fault = expiry_fault(token.expires_at, wanted)) return fault;
  if (token.not_before)
    if (auto fault = not_before_fault(*token.not_before, wanted)) return fault;
  return signature_fault(token.algorithm, token.key_id, token.signed_part, token.signature, bundle);
}

}  // namespace

// JWT-SVID 3.2.
std::optional<JwtFault> audience_fault(const std::vector<std::string>& audience, const std::string& wanted) {
  if (std::find(audience.begin(), audience.end(), wanted) != audience.end()) return std::nullopt;
  return untrusted("wrong_audience", "JWT-SVID 3.2", "not meant for the audience " + in_quotes(wanted));
}

// JWT-SVID 3.3; RFC 7519 4.1.4. The leeway moves `now`, which no stranger sets: nothing can overflow.
std::optional<JwtFault> expiry_fault(Time expires_at, const JwtValidation& wanted) {
  if (wanted.now - leeway_of(wanted) < expires_at) return std::nullopt;
  return JwtFault{Errc::expired, {"expired", "JWT-SVID 3.3", "expired at " + format_time(expires_at)}};
}

// RFC 7519 4.1.5.
std::optional<JwtFault> not_before_fault(Time not_before, const JwtValidation& wanted) {
  if (wanted.now + leeway_of(wanted) >= not_before) return std::nullopt;
  return JwtFault{Errc::expired, {"not_yet_valid", "RFC 7519 4.1.5", "not valid before " + format_time(not_before)}};
}

// JWT-SVID 2.2: `kid` is optional. Where it is there, only keys of that ID count; a token without it is tried with
// every key that its algorithm fits.
std::optional<JwtFault> signature_fault(crypto::SignatureAlgorithm algorithm, const std::string& key_id,
                                        std::string_view signed_part, ByteView signature, const Bundle& bundle) {
  bool named = false, fitting = false;
  for (const JwtAuthority& authority : bundle.jwt_authorities) {
    if (!key_id.empty() && authority.key_id != key_id) continue;
    named = true;
    if (!crypto::fits(algorithm, authority.key)) continue;
    fitting = true;
    if (crypto::verify(algorithm, authority.key, signed_part, signature)) return std::nullopt;
  }
  const std::string domain = bundle.trust_domain.name();
  if (fitting) return untrusted("wrong_signature", "JWT-SVID 4", "the signature is of no JWT authority of " + domain);
  const char* code = bundle.jwt_authorities.empty() ? "no_jwt_authority" : named ? "alg_of_another_key" : "unknown_key";
  const char* section = bundle.jwt_authorities.empty() ? "JWT-SVID 6.2" : "JWT-SVID 4";
  const std::string key = key_id.empty() ? "" : " and the key ID " + in_quotes(key_id);
  return untrusted(code, section,
                   domain + " has no JWT authority for " + std::string(crypto::to_string(algorithm)) + key);
}

Result<JwtSvidClaims> verify_jwt_svid(const UnverifiedJwt& token, const Bundle& bundle, const JwtValidation& wanted) {
  if (!token.subject.member_of(bundle.trust_domain))
    return Error(Errc::untrusted,
                 "JWT-SVID: " + token.subject.str() + " is not in the trust domain " + bundle.trust_domain.name());
  const std::string where = "JWT-SVID of " + token.subject.str();
  if (wanted.audience.empty())
    return Error(Errc::invalid_argument, "no audience was given to validate for").within(where);
  if (const auto fault = first_fault(token, bundle, wanted))
    return Error(fault->error, fault->violation.message).within(where);
  return JwtSvidClaims{token.subject, token.audience, token.expires_at, token.claims_json};
}

}  // namespace entente::spiffe
