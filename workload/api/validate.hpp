// ValidateJWTSVID: a token against the bundle of its subject's trust domain. Workload API 6.2.4; WA-10.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/trust/snapshot.hpp"
#include "workload/api/answers.hpp"

class ValidateJWTSVIDResponse;

namespace entente::workload {

// Pure. Errc::invalid_argument, with the reason, for whatever is wrong with the token, the lack of a bundle that the
// caller may see included; Errc::unavailable while the own bundle is not there yet.
Result<spiffe::JwtSvidClaims> validate_jwt(const trust::Snapshot& snapshot, const Visibility& visibility,
                                           const std::string& token, const spiffe::JwtValidation& wanted);

// The response: all claims; numbers become doubles, as google.protobuf.Struct has no others.
Status write_response(const spiffe::JwtSvidClaims& claims, ValidateJWTSVIDResponse& response);

}  // namespace entente::workload
