// PKCS#12 stores, as Java and others read them. RFC 7292; AES-256 and PBKDF2, with a MAC over SHA-256.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/key.hpp"

namespace entente::crypto {

// A key with its certificates, leaf first and at least one, under one name. The password may be empty. Two calls never
// give the same bytes.
Result<SecretBytes> make_pkcs12_key_store(const PrivateKey& key, const std::vector<Certificate>& chain,
                                          const std::string& name, const SecretBytes& password);

// Certificates alone, each marked as trusted the way Java asks for.
Result<SecretBytes> make_pkcs12_trust_store(const std::vector<Certificate>& certificates, const SecretBytes& password);

}  // namespace entente::crypto
