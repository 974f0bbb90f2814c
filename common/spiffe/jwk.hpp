// Public keys as JSON Web Keys: RFC 7517 4 and RFC 7518 6.2-6.3. Internal to spiffe.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/key.hpp"

namespace entente::spiffe {

// Why a consumer passes over this JWK whatever it is for, or "": `kty` missing or unknown (Trust Domain and Bundle
// 4.2.1), a curve that is not supported (RFC 7517 5).
std::string reason_to_ignore(const nlohmann::json& jwk);

// The first member that its key type requires and that is missing, or "". RFC 7517 5: such a JWK should be ignored.
std::string missing_key_member(const nlohmann::json& jwk);

// The key, of a JWK that both functions above pass. Errc::unsupported for a value out of the supported range (an RSA
// key of 1024 bits), which RFC 7517 5 lets consumers ignore; another code for what is malformed, naming the member.
Result<crypto::PublicKey> read_jwk_key(const nlohmann::json& jwk);

// The values of the key's members as they stand, of a JWK that was read: base64url has one spelling, so that the same
// key has the same text.
std::string key_text(const nlohmann::json& jwk);

// Whether it holds a private key, which no JWK of a bundle may.
bool holds_private_key(const nlohmann::json& jwk);

// Appends `"kty":"RSA"` and `,"n":"..","e":".."`, or the same of EC: two parts, so that other members stand between.
void append_key_type(std::string& json, const crypto::PublicParameters& key);
void append_key_members(std::string& json, const crypto::PublicParameters& key);

}  // namespace entente::spiffe
