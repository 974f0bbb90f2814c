#include <openssl/core_names.h>

#include <array>

#include "common/crypto/key.hpp"
#include "common/crypto/key_check.hpp"

namespace entente::crypto {
namespace {

constexpr int least_rsa_bits = 2048;
constexpr int most_rsa_bits = 16384;

struct Curve {
  std::string_view name;     // the JWK's
  const char* group;         // OpenSSL's
  std::size_t field_length;  // octets of a coordinate
};

constexpr std::array<Curve, 3> curves{
    {{"P-256", "prime256v1", 32}, {"P-384", "secp384r1", 48}, {"P-521", "secp521r1", 66}}};

const Curve* curve_named(std::string_view name) {
  for (const Curve& curve : curves)
    if (curve.name == name) return &curve;
  return nullptr;
}

const Curve* find_curve(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return nullptr;
  char group[64];
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1) return nullptr;
  for (const Curve& curve : curves)
    if (std::string_view(group, length) == curve.group) return &curve;
  return nullptr;
}

BignumPtr number(const EVP_PKEY* key, const char* name) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key, name, &value);
  return BignumPtr(value);
}

Bytes big_endian(const BIGNUM* value) {
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(value)));
  BN_bn2bin(value, bytes.data());
  return bytes;
}

BignumPtr big_number(ByteView bytes) {
  return BignumPtr(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

Status check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < least_rsa_bits || bits > most_rsa_bits)
    return Error(Errc::unsupported, "an RSA key of " + std::to_string(bits) + " bits; it must have 2048 to 16384");
  const BignumPtr exponent = number(key, OSSL_PKEY_PARAM_RSA_E);
  if (!exponent || !BN_is_odd(exponent.get()) || BN_is_one(exponent.get()) || BN_num_bits(exponent.get()) > 64)
    return Error(Errc::unsupported, "an RSA key whose public exponent is even, 1 or over 64 bits");
  const BignumPtr modulus = number(key, OSSL_PKEY_PARAM_RSA_N);
  if (!modulus || !BN_is_odd(modulus.get())) return Error(Errc::unsupported, "an RSA key with an even modulus");
  return ok();
}

// RFC 5480 2.1.1: explicit curve parameters are not for certificates; they have carried forged generators.
bool explicit_curve(const EVP_PKEY* key) {
  int explicit_parameters = 0;
  EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters);
  return explicit_parameters != 0;
}

Result<PublicKey> from_built(const char* kind, OSSL_PARAM_BLD* builder) {
  const ParamPtr parameters(OSSL_PARAM_BLD_to_param(builder));
  const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return drain_errors("public key", Errc::schema);
  EvpPkeyPtr key(made);
  if (const Status good = check_key(key.get()); !good) return good.error().within("public key");
  return PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

Result<PublicKey> from_rsa(const RsaParameters& parameters) {
  constexpr std::size_t most_bytes = most_rsa_bits / 8 + 1;
  if (parameters.n.size() > most_bytes || parameters.e.size() > most_bytes)
    return Error(Errc::unsupported, "public key: an RSA key of more than 16384 bits");
  const BignumPtr n = big_number(parameters.n), e = big_number(parameters.e);
  const ParamBldPtr builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return drain_errors("public key");
  return from_built("RSA", builder.get());
}

Result<PublicKey> from_ec(const EcParameters& parameters) {
  const Curve* curve = curve_named(parameters.crv);
  if (curve == nullptr) return Error(Errc::unsupported, "public key: the curve is not one of P-256, P-384 and P-521");
  // RFC 7518 6.2.1.2: the full size of a coordinate, leading zeros included.
  if (parameters.x.size() != curve->field_length || parameters.y.size() != curve->field_length)
    return Error(Errc::schema, "public key: a coordinate of " + parameters.crv + " has " +
                                   std::to_string(curve->field_length) + " bytes");
  Bytes point{POINT_CONVERSION_UNCOMPRESSED};
  point.insert(point.end(), parameters.x.begin(), parameters.x.end());
  point.insert(point.end(), parameters.y.begin(), parameters.y.end());
  const ParamBldPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return drain_errors("public key");
  return from_built("EC", builder.get());
}

}  // namespace

std::string_view curve_of(const EVP_PKEY* key) {
  const Curve* curve = find_curve(key);
  return curve == nullptr ? std::string_view() : curve->name;
}

Status check_key(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return check_rsa(key);
  if (curve_of(key).empty() || explicit_curve(key))
    return Error(Errc::unsupported, describe_key(key) + " is not supported; use RSA or EC over P-256, P-384 or P-521");
  return ok();
}

std::string describe_key(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
    const char* name = EVP_PKEY_get0_type_name(key);
    return name == nullptr ? "a key of unknown kind" : name;
  }
  const std::string_view curve = curve_of(key);
  if (curve.empty()) return "EC over another curve";
  return "EC " + std::string(curve) + (explicit_curve(key) ? " by explicit parameters" : "");
}

Result<PublicKey> PublicKey::from_parameters(const PublicParameters& parameters) {
  const ErrorQueueScope errors;
  if (const auto* rsa = std::get_if<RsaParameters>(&parameters)) return from_rsa(*rsa);
  return from_ec(std::get<EcParameters>(parameters));
}

Result<PublicKey> PublicKey::from_spki_der(ByteView der) {
  const ErrorQueueScope errors;
  const unsigned char* at = der.data();
  EvpPkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key) return drain_errors("public key", Errc::syntax);
  if (at != der.data() + der.size()) return Error(Errc::syntax, "public key: bytes after the end of its DER");
  if (const Status good = check_key(key.get()); !good) return good.error().within("public key");
  return PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

PublicParameters parameters_of(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    return RsaParameters{big_endian(number(key, OSSL_PKEY_PARAM_RSA_N).get()),
                         big_endian(number(key, OSSL_PKEY_PARAM_RSA_E).get())};
  const Curve* curve = find_curve(key);
  const BignumPtr x = number(key, OSSL_PKEY_PARAM_EC_PUB_X), y = number(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  EcParameters parameters{std::string(curve->name), Bytes(curve->field_length), Bytes(curve->field_length)};
  BN_bn2binpad(x.get(), parameters.x.data(), static_cast<int>(curve->field_length));
  BN_bn2binpad(y.get(), parameters.y.data(), static_cast<int>(curve->field_length));
  return parameters;
}

PublicParameters PublicKey::parameters() const {
  const ErrorQueueScope errors;
  return parameters_of(key_.get());
}

Bytes PublicKey::spki_der() const {
  const ErrorQueueScope errors;
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key_.get(), &der);
  Bytes bytes;
  if (length > 0) bytes.assign(der, der + length);
  OPENSSL_free(der);
  return bytes;
}

std::string PublicKey::describe() const { return describe_key(key_.get()); }
bool PublicKey::is_rsa() const { return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA; }
std::string_view PublicKey::curve() const { return curve_of(key_.get()); }

bool operator==(const PublicKey& a, const PublicKey& b) {
  const ErrorQueueScope errors;
  return a.key_ == b.key_ || EVP_PKEY_eq(a.key_.get(), b.key_.get()) == 1;
}

}  // namespace entente::crypto
