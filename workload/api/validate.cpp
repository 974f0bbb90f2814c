#include "workload/api/validate.hpp"

#include <google/protobuf/util/json_util.h>

#include "spiffe/workload/workload.pb.h"

namespace entente::workload {

Result<spiffe::JwtSvidClaims> validate_jwt(const trust::Snapshot& snapshot, const Visibility& visibility,
                                           const std::string& token, const spiffe::JwtValidation& wanted) {
  const auto invalid = [](const std::string& why) { return Error(Errc::invalid_argument, "invalid JWT-SVID: " + why); };
  if (const Status ready = check_ready(snapshot); !ready) return ready.error();
  const Result<spiffe::UnverifiedJwt> jwt = spiffe::parse_jwt_svid(token);
  if (!jwt) return invalid(jwt.error().message());
  const spiffe::TrustDomain& trust_domain = jwt->subject.trust_domain();
  const bool own = snapshot.own && *snapshot.own == trust_domain;
  const trust::RecordPtr record = own || visibility.includes(trust_domain) ? snapshot.find(trust_domain) : nullptr;
  if (!record) return invalid("no bundle for trust domain " + trust_domain.name());
  Result<spiffe::JwtSvidClaims> claims = spiffe::verify_jwt_svid(*jwt, *record->bundle, wanted);
  if (!claims) return invalid(claims.error().message());
  return claims;
}

Status write_response(const spiffe::JwtSvidClaims& claims, ValidateJWTSVIDResponse& response) {
  response.set_spiffe_id(claims.subject.str());
  const auto read = google::protobuf::util::JsonStringToMessage(claims.claims_json, response.mutable_claims());
  if (!read.ok())
    return Error(Errc::invalid_argument, "invalid JWT-SVID: its claims do not fit into a protobuf Struct");
  return ok();
}

}  // namespace entente::workload
