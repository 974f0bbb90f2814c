#include "common/crypto/signature.hpp"

#include <openssl/rsa.h>

#include "common/crypto/handles.hpp"
#include "common/crypto/key_check.hpp"

namespace entente::crypto {
namespace {

enum class Scheme { rsa_pkcs1, ecdsa, rsa_pss };

struct Algorithm {
  SignatureAlgorithm id;
  std::string_view name;
  Scheme scheme;
  const EVP_MD* (*digest)();
  std::string_view curve;     // ES only
  std::size_t number_length;  // ES only: octets of r, and of s (RFC 7518 3.4)
};

constexpr std::array<Algorithm, 9> algorithms{{
    {SignatureAlgorithm::rs256, "RS256", Scheme::rsa_pkcs1, EVP_sha256, "", 0},
    {SignatureAlgorithm::rs384, "RS384", Scheme::rsa_pkcs1, EVP_sha384, "", 0},
    {SignatureAlgorithm::rs512, "RS512", Scheme::rsa_pkcs1, EVP_sha512, "", 0},
    {SignatureAlgorithm::es256, "ES256", Scheme::ecdsa, EVP_sha256, "P-256", 32},
    {SignatureAlgorithm::es384, "ES384", Scheme::ecdsa, EVP_sha384, "P-384", 48},
    {SignatureAlgorithm::es512, "ES512", Scheme::ecdsa, EVP_sha512, "P-521", 66},
    {SignatureAlgorithm::ps256, "PS256", Scheme::rsa_pss, EVP_sha256, "", 0},
    {SignatureAlgorithm::ps384, "PS384", Scheme::rsa_pss, EVP_sha384, "", 0},
    {SignatureAlgorithm::ps512, "PS512", Scheme::rsa_pss, EVP_sha512, "", 0},
}};

const Algorithm& facts(SignatureAlgorithm id) {
  for (const Algorithm& algorithm : algorithms)
    if (algorithm.id == id) return algorithm;
  return algorithms.front();
}

// RFC 7518 3.5: the salt is as long as the digest, and MGF1 uses the same digest.
bool set_padding(EVP_PKEY_CTX* context, const Algorithm& algorithm) {
  if (algorithm.scheme != Scheme::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, algorithm.digest()) == 1;
}

Result<Bytes> raw_from_der(const Bytes& der, std::size_t number_length) {
  const unsigned char* at = der.data();
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return drain_errors("sign");
  Bytes raw(2 * number_length);
  const int length = static_cast<int>(number_length);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), length) != length ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + number_length, length) != length)
    return drain_errors("sign");
  return raw;
}

// Empty where the raw form has not exactly the length that the curve demands.
Bytes der_from_raw(ByteView raw, std::size_t number_length) {
  if (raw.size() != 2 * number_length) return {};
  const int length = static_cast<int>(number_length);
  BignumPtr r(BN_bin2bn(raw.data(), length, nullptr)), s(BN_bin2bn(raw.data() + number_length, length, nullptr));
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  if (!r || !s || !signature) return {};
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  const int der_length = i2d_ECDSA_SIG(signature.get(), &der);
  Bytes bytes;
  if (der_length > 0) bytes.assign(der, der + der_length);
  OPENSSL_free(der);
  return bytes;
}

Error misfit(const Algorithm& algorithm, const PublicKey& key, Errc code) {
  return Error(code, std::string(algorithm.name) + " cannot be used with a key of kind " + key.describe());
}

}  // namespace

std::string_view to_string(SignatureAlgorithm algorithm) { return facts(algorithm).name; }

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : algorithms)
    if (algorithm.name == name) return algorithm.id;
  return std::nullopt;
}

bool fits(SignatureAlgorithm id, const PublicKey& key) {
  const Algorithm& algorithm = facts(id);
  return algorithm.scheme == Scheme::ecdsa ? key.curve() == algorithm.curve : key.is_rsa();
}

SignatureAlgorithm preferred_algorithm(const PublicKey& key) {
  for (const Algorithm& algorithm : algorithms)
    if (algorithm.scheme == Scheme::ecdsa && algorithm.curve == key.curve()) return algorithm.id;
  return SignatureAlgorithm::rs256;
}

Result<Bytes> sign(SignatureAlgorithm id, const PrivateKey& key, std::string_view message) {
  const ErrorQueueScope errors;
  const Algorithm& algorithm = facts(id);
  if (const PublicKey half = key.public_key(); !fits(id, half)) return misfit(algorithm, half, Errc::invalid_argument);
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  if (!context || EVP_DigestSignInit(context.get(), &options, algorithm.digest(), nullptr, key.native()) != 1 ||
      !set_padding(options, algorithm))
    return drain_errors("sign");
  const ByteView bytes = as_bytes(message);
  std::size_t length = static_cast<std::size_t>(EVP_PKEY_get_size(key.native()));
  Bytes signature(length);
  if (EVP_DigestSign(context.get(), signature.data(), &length, bytes.data(), bytes.size()) != 1)
    return drain_errors("sign");
  signature.resize(length);
  return algorithm.scheme == Scheme::ecdsa ? raw_from_der(signature, algorithm.number_length)
                                           : Result<Bytes>(std::move(signature));
}

Status verify(SignatureAlgorithm id, const PublicKey& key, std::string_view message, ByteView signature) {
  const ErrorQueueScope errors;
  const Algorithm& algorithm = facts(id);
  if (!fits(id, key)) return misfit(algorithm, key, Errc::untrusted);
  Bytes der;
  if (algorithm.scheme == Scheme::ecdsa) {
    der = der_from_raw(signature, algorithm.number_length);
    if (der.empty()) return Error(Errc::untrusted, "the signature has not the length that its algorithm demands");
    signature = der;
  }
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  if (!context || EVP_DigestVerifyInit(context.get(), &options, algorithm.digest(), nullptr, key.native()) != 1 ||
      !set_padding(options, algorithm))
    return drain_errors("verify");
  const ByteView bytes = as_bytes(message);
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(), bytes.size()) != 1)
    return Error(Errc::untrusted, "the signature is not valid");
  return ok();
}

}  // namespace entente::crypto
