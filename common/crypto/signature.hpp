// The nine signature algorithms of JWT-SVIDs (JWT-SVID 3: RS, ES and PS with 256, 384 and 512; RFC 7518 3.1), and
// digests.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "common/base/encoding.hpp"
#include "common/base/result.hpp"
#include "common/crypto/key.hpp"

namespace entente::crypto {

enum class SignatureAlgorithm { rs256, rs384, rs512, es256, es384, es512, ps256, ps384, ps512 };

std::string_view to_string(SignatureAlgorithm algorithm);                            // "RS256"
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);  // exact case

// Whether a signature of this algorithm can be of this key: RS and PS of RSA; ES256 of P-256, ES384 of P-384, ES512 of
// P-521.
bool fits(SignatureAlgorithm algorithm, const PublicKey& key);

// The algorithm Entente signs with for a key: RS256 for RSA, ES256/384/512 by curve.
SignatureAlgorithm preferred_algorithm(const PublicKey& key);

// JWS form: for ES the raw r || s (RFC 7518 3.4), never DER.
Result<Bytes> sign(SignatureAlgorithm algorithm, const PrivateKey& key, std::string_view message);

// ok() only for a valid signature of a fitting algorithm; else Errc::untrusted.
Status verify(SignatureAlgorithm algorithm, const PublicKey& key, std::string_view message, ByteView signature);

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(ByteView bytes);

// Cryptographically random bytes.
Bytes random_bytes(std::size_t count);

}  // namespace entente::crypto
