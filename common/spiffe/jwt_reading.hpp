// Reading a token by the rules of JWT-SVID, all of them or up to the first that is broken. Internal to spiffe: the
// strict reader and the inspection are two users of the same rules.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/violation.hpp"

namespace entente::spiffe {

// A broken rule, and the error that it is for those who stop there.
struct JwtFault {
  Errc error;
  Violation violation;
};
Error to_error(const JwtFault& fault);  // "JWT-SVID: alg: ..."

enum class JwtReadMode { first_fault, all_faults };

// What was read of a token; what could not be read is null or empty.
struct JwtReading {
  nlohmann::json header, claims;  // null where they are no JSON objects
  std::optional<crypto::SignatureAlgorithm> algorithm;
  std::string key_id;
  std::optional<SpiffeId> subject;
  std::vector<std::string> audience;
  std::optional<Time> expires_at, not_before, issued_at;
  std::string claims_json;
  std::string_view signed_part;  // a view into the token
  Bytes signature;

  std::vector<JwtFault> faults;  // in the order of the rules; the algorithm comes before anything else (JS-2)
};
JwtReading read_jwt_svid(std::string_view token, JwtReadMode mode);

// The rules of a validation, one each: the fault, or null. The time's leeway is clamped to what JS-6 allows.
std::optional<JwtFault> audience_fault(const std::vector<std::string>& audience, const std::string& wanted);
std::optional<JwtFault> expiry_fault(Time expires_at, const JwtValidation& wanted);
std::optional<JwtFault> not_before_fault(Time not_before, const JwtValidation& wanted);
// Of a token whose algorithm, signed part and signature were read.
std::optional<JwtFault> signature_fault(crypto::SignatureAlgorithm algorithm, const std::string& key_id,
                                        std::string_view signed_part, ByteView signature, const Bundle& bundle);

}  // namespace entente::spiffe
