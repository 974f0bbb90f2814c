// Public and private keys of the kinds that SPIFFE uses: RSA and EC over P-256, P-384 and P-521.
// All operations are thread-safe: keys are immutable.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/encoding.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"

// OpenSSL's EVP_PKEY, named here so that no public header needs OpenSSL's.
struct evp_pkey_st;

namespace entente::crypto {

// What the embedded issuer can make; the names are the configuration's.
enum class KeyType { ec_p256, ec_p384, ec_p521, rsa_2048, rsa_4096 };
std::string_view to_string(KeyType type);  // "ec-p256"
Result<KeyType> parse_key_type(std::string_view text);

// A key's public parameters as a JWK carries them (RFC 7518 6.2.1, 6.3.1): big-endian bytes.
struct RsaParameters {
  Bytes n, e;
  friend bool operator==(const RsaParameters&, const RsaParameters&) = default;
};
struct EcParameters {
  std::string crv;  // "P-256", "P-384", "P-521"
  Bytes x, y;       // each as long as the curve's field
  friend bool operator==(const EcParameters&, const EcParameters&) = default;
};
using PublicParameters = std::variant<RsaParameters, EcParameters>;

// A parsed public key; copying shares it. Equal when the keys are.
class PublicKey {
 public:
  // Refuses: a point that is not on its curve, RSA below 2048 or above 16384 bits, an even or tiny exponent.
  static Result<PublicKey> from_parameters(const PublicParameters& parameters);
  static Result<PublicKey> from_spki_der(ByteView der);

  PublicParameters parameters() const;
  Bytes spki_der() const;
  // "EC P-256", "RSA 2048": for people.
  std::string describe() const;
  bool is_rsa() const;
  std::string_view curve() const;  // "P-256"...; empty for RSA

  friend bool operator==(const PublicKey& a, const PublicKey& b);

  // For crypto and tls only.
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  evp_pkey_st* native() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

// A private key. Move-only; shared by `shared_ptr<const PrivateKey>` where several threads sign.
class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyType type);
  static Result<PrivateKey> from_pem(std::string_view pem);  // unencrypted PKCS#8, SEC1 or PKCS#1
  static Result<PrivateKey> from_pkcs8_der(ByteView der);

  PrivateKey(PrivateKey&&) noexcept = default;
  PrivateKey& operator=(PrivateKey&&) noexcept = default;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;

  PublicKey public_key() const { return PublicKey(key_); }
  SecretBytes pkcs8_der() const;
  SecretBytes pkcs8_pem() const;

  // For crypto and tls only.
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  evp_pkey_st* native() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace entente::crypto
