#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/spiffe/jwt_svid.hpp"

namespace entente::spiffe {
namespace {

// No other members (JWT-SVID 2).
std::string header_of(crypto::SignatureAlgorithm algorithm, const std::string& key_id) {
  const nlohmann::ordered_json header = {{"alg", crypto::to_string(algorithm)}, {"kid", key_id}, {"typ", "JWT"}};
  return header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// `aud` is an array even for one value, as SPIRE writes it: every client is used to that.
std::string claims_of(const JwtSvidRequest& request) {
  const nlohmann::ordered_json claims = {{"aud", request.audience},
                                         {"exp", unix_seconds(request.expires_at)},
                                         {"iat", unix_seconds(request.issued_at)},
                                         {"sub", request.subject.str()}};
  return claims.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Status check(const JwtSvidRequest& request, const std::string& key_id) {
  if (key_id.empty()) return Error(Errc::invalid_argument, "JWT-SVID: no key ID to sign with");
  if (request.audience.empty()) return Error(Errc::invalid_argument, "JWT-SVID: name at least one audience");
  for (const std::string& audience : request.audience)
    if (audience.empty()) return Error(Errc::invalid_argument, "JWT-SVID: an audience is empty");
  if (request.expires_at <= request.issued_at)
    return Error(Errc::invalid_argument, "JWT-SVID: it would expire before it is issued");
  return ok();
}

}  // namespace

Result<std::string> sign_jwt_svid(const JwtSvidRequest& request, const std::string& key_id,
                                  const crypto::PrivateKey& key) {
  if (const Status s = check(request, key_id); !s) return s.error();
  const crypto::SignatureAlgorithm algorithm = crypto::preferred_algorithm(key.public_key());
  std::string token = base64url_encode(as_bytes(header_of(algorithm, key_id)));
  token += '.' + base64url_encode(as_bytes(claims_of(request)));
  const Result<Bytes> signature = crypto::sign(algorithm, key, token);
  if (!signature) return signature.error().within("JWT-SVID");
  return token + '.' + base64url_encode(*signature);
}

}  // namespace entente::spiffe
