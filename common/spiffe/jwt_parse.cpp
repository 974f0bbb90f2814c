#include "common/spiffe/jwt_reading.hpp"

namespace entente::spiffe {

Result<UnverifiedJwt> parse_jwt_svid(std::string_view token) {
  JwtReading reading = read_jwt_svid(token, JwtReadMode::first_fault);
  if (!reading.faults.empty()) return to_error(reading.faults.front());
  return UnverifiedJwt{.algorithm = reading.algorithm.value(),
                       .key_id = std::move(reading.key_id),
                       .subject = std::move(reading.subject).value(),
                       .audience = std::move(reading.audience),
                       .expires_at = reading.expires_at.value(),
                       .not_before = reading.not_before,
                       .issued_at = reading.issued_at,
                       .claims_json = std::move(reading.claims_json),
                       .signed_part = reading.signed_part,
                       .signature = std::move(reading.signature)};
}

}  // namespace entente::spiffe
