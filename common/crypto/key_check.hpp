// What a key must be for Entente to hold it. For the sources of crypto only.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/handles.hpp"
#include "common/crypto/key.hpp"

namespace entente::crypto {

// "P-256", "P-384" or "P-521"; empty for every other key.
std::string_view curve_of(const EVP_PKEY* key);

// Refuses kinds and curves that SPIFFE's documents do not use, RSA outside 2048 to 16384 bits, an even or tiny
// exponent. RSA-PSS keys (RFC 4055) too: their restrictions have no place in a JWK.
Status check_key(const EVP_PKEY* key);

// Of a key that check_key() found good.
PublicParameters parameters_of(const EVP_PKEY* key);

// "EC P-256", "RSA 2048", or OpenSSL's name of the kind.
std::string describe_key(const EVP_PKEY* key);

}  // namespace entente::crypto
