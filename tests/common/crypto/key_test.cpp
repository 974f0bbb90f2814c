#include "common/crypto/key.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "common/crypto/signature.hpp"
#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

constexpr KeyType all_types[] = {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048,
                                 KeyType::rsa_4096};

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

EcParameters p256_parameters() {
  static const PrivateKey key = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  return std::get<EcParameters>(key.public_key().parameters());
}

TEST(KeyType, NamesAreTheConfigurations) {
  for (const KeyType type : all_types) EXPECT_EQ(parse_key_type(to_string(type)).value(), type);
  EXPECT_EQ(to_string(KeyType::ec_p384), "ec-p384");

  const Result<KeyType> unknown = parse_key_type("ed25519");

  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message(),
            "unknown key type \"ed25519\"; use ec-p256, ec-p384, ec-p521, rsa-2048 or rsa-4096");
}

TEST(PrivateKey, OfEveryTypeSurvivesItsTexts) {
  for (const KeyType type : all_types) {
    const PrivateKey key = std::move(PrivateKey::generate(type).value());

    const Result<PrivateKey> from_der = PrivateKey::from_pkcs8_der(key.pkcs8_der().view());
    const Result<PrivateKey> from_pem = PrivateKey::from_pem(key.pkcs8_pem().text());

    ASSERT_TRUE(from_der) << from_der.error().message();
    ASSERT_TRUE(from_pem) << from_pem.error().message();
    EXPECT_EQ(from_der->public_key(), key.public_key());
    EXPECT_EQ(from_pem->public_key(), key.public_key());
    EXPECT_TRUE(key.pkcs8_pem().text().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  }
}

TEST(PublicKey, OfEveryTypeSurvivesItsTexts) {
  for (const KeyType type : all_types) {
    const PublicKey key = PrivateKey::generate(type).value().public_key();

    const Result<PublicKey> from_parameters = PublicKey::from_parameters(key.parameters());
    const Result<PublicKey> from_spki = PublicKey::from_spki_der(key.spki_der());

    ASSERT_TRUE(from_parameters);
    ASSERT_TRUE(from_spki);
    EXPECT_EQ(*from_parameters, key);
    EXPECT_EQ(*from_spki, key);
    EXPECT_EQ(from_parameters->parameters(), key.parameters());
    EXPECT_EQ(from_spki->spki_der(), key.spki_der());
  }
}

TEST(PublicKey, DescribesItself) {
  const PublicKey rsa = PrivateKey::generate(KeyType::rsa_2048).value().public_key();
  const PublicKey ec = PrivateKey::generate(KeyType::ec_p521).value().public_key();

  EXPECT_EQ(rsa.describe(), "RSA 2048");
  EXPECT_TRUE(rsa.is_rsa());
  EXPECT_EQ(rsa.curve(), "");
  EXPECT_EQ(ec.describe(), "EC P-521");
  EXPECT_FALSE(ec.is_rsa());
  EXPECT_EQ(ec.curve(), "P-521");
  EXPECT_NE(rsa, ec);
}

TEST(PublicKey, RefusesAPointThatIsNotOnTheCurve) {
  EcParameters parameters = p256_parameters();
  parameters.y[31] ^= 1;
  const EcParameters origin{"P-256", Bytes(32), Bytes(32)};

  EXPECT_FALSE(PublicKey::from_parameters(parameters));
  EXPECT_FALSE(PublicKey::from_parameters(origin));
}

// RFC 7518 6.2.1.2: coordinates have the full length of the field.
TEST(PublicKey, RefusesCoordinatesOfAnotherLength) {
  EcParameters longer = p256_parameters(), shorter = p256_parameters(), empty = p256_parameters();
  longer.x.insert(longer.x.begin(), 0);
  shorter.y.pop_back();
  empty.x.clear();

  for (const EcParameters& bad : {longer, shorter, empty}) {
    const Result<PublicKey> key = PublicKey::from_parameters(bad);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().message(), "public key: a coordinate of P-256 has 32 bytes");
  }
}

TEST(PublicKey, RefusesOtherCurves) {
  EcParameters parameters = p256_parameters();
  for (const char* name : {"secp256k1", "p-256", "P-256 ", "prime256v1", "Ed25519", "", "P-384"}) {
    parameters.crv = name;
    EXPECT_FALSE(PublicKey::from_parameters(parameters)) << name;
  }
}

TEST(PublicKey, RefusesWeakRsa) {
  const auto good = std::get<RsaParameters>(PrivateKey::generate(KeyType::rsa_2048).value().public_key().parameters());
  RsaParameters small = good, even = good, one = good, none = good, huge = good, even_modulus = good;
  small.n.resize(128);
  even.e = {2};
  one.e = {1};
  none.e.clear();
  huge.n.resize(4096, 0xff);
  even_modulus.n.back() = static_cast<std::uint8_t>(even_modulus.n.back() & 0xfe);

  EXPECT_TRUE(PublicKey::from_parameters(good));
  for (const RsaParameters& bad : {small, even, one, none, huge, even_modulus}) {
    const Result<PublicKey> key = PublicKey::from_parameters(bad);
    ASSERT_FALSE(key);
    EXPECT_TRUE(key.error().code() == Errc::unsupported || key.error().code() == Errc::schema) << key.error().message();
  }
}

TEST(PublicKey, IgnoresLeadingZerosOfAModulus) {
  const PublicKey key = PrivateKey::generate(KeyType::rsa_2048).value().public_key();
  auto padded = std::get<RsaParameters>(key.parameters());
  padded.n.insert(padded.n.begin(), 0);

  EXPECT_EQ(PublicKey::from_parameters(padded).value(), key);
}

TEST(PublicKey, RefusesKindsThatSpiffeDoesNotUse) {
  for (const char* name : {"secp256k1_spki.der", "explicit_spki.der", "rsa_pss_spki.der"}) {
    const Result<PublicKey> key = PublicKey::from_spki_der(as_bytes(data_file(name)));

    ASSERT_FALSE(key) << name;
    EXPECT_EQ(key.error().code(), Errc::unsupported) << name;
    EXPECT_NE(key.error().message().find("use RSA or EC over P-256, P-384 or P-521"), std::string::npos);
  }
}

TEST(PublicKey, RefusesBytesAfterItsEnd) {
  Bytes der = PrivateKey::generate(KeyType::ec_p256).value().public_key().spki_der();
  der.push_back(0);

  EXPECT_FALSE(PublicKey::from_spki_der(der));
  EXPECT_FALSE(PublicKey::from_spki_der({}));
}

TEST(PrivateKey, IsReadInEveryFormThatOpensslWrites) {
  const PublicKey leaf = vector("leaf").public_key();

  EXPECT_EQ(PrivateKey::from_pem(data_file("key_ec_pkcs8.pem")).value().public_key(), leaf);
  EXPECT_EQ(PrivateKey::from_pem(data_file("key_ec_sec1.pem")).value().public_key(), leaf);
  EXPECT_TRUE(PrivateKey::from_pem(data_file("key_ec_parameters.pem")));
  EXPECT_EQ(PrivateKey::from_pem(data_file("key_rsa_pkcs1.pem")).value().public_key(), vector("rsa").public_key());
}

TEST(PrivateKey, BesideItsCertificateInOneFileIsFound) {
  const std::string both = data_file("leaf.pem") + data_file("key_ec_pkcs8.pem");

  EXPECT_EQ(PrivateKey::from_pem(both).value().public_key(), vector("leaf").public_key());
}

TEST(PrivateKey, ThatIsEncryptedIsRefusedWithoutAskingForAPassphrase) {
  for (const char* name : {"key_encrypted_pkcs8.pem", "key_encrypted_sec1.pem"}) {
    const Result<PrivateKey> key = PrivateKey::from_pem(data_file(name));

    ASSERT_FALSE(key) << name;
    EXPECT_EQ(key.error().message(), "private key: it is encrypted; store it unencrypted, readable by its user alone");
  }
}

TEST(PrivateKey, IsNotReadFromWhatIsNone) {
  for (const std::string& text : {std::string(), std::string("hello"), data_file("leaf.pem"),
                                  std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")})
    EXPECT_FALSE(PrivateKey::from_pem(text)) << text;
}

TEST(PrivateKey, WhoseHalvesDoNotBelongTogetherIsRefused) {
  const PrivateKey one = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  const PrivateKey two = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  const SecretBytes first = one.pkcs8_der(), second = two.pkcs8_der();
  // The public point ends the PKCS#8 form of an EC key.
  Bytes mixed(first.view().begin(), first.view().end() - 64);
  mixed.insert(mixed.end(), second.view().end() - 64, second.view().end());

  const Result<PrivateKey> key = PrivateKey::from_pkcs8_der(mixed);

  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().message(), "private key: its private and public halves do not belong together");
}

TEST(PrivateKey, WithBytesAfterItsEndIsRefused) {
  const PrivateKey key = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  Bytes der = bytes_of(key.pkcs8_der().text());
  der.push_back(0);

  EXPECT_FALSE(PrivateKey::from_pkcs8_der(der));
}

// SSL_get_error() on the same thread would read what is left there.
TEST(PrivateKey, LeavesTheErrorQueueEmptyWhateverHappens) {
  (void)PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").has_value();
  (void)PrivateKey::from_pem(data_file("key_ec_parameters.pem")).has_value();
  (void)PublicKey::from_spki_der(as_bytes("garbage")).has_value();
  (void)Certificate::from_der(as_bytes("garbage")).has_value();
  (void)certificates_from_pem("-----BEGIN CERTIFICATE-----\n").has_value();

  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace entente::crypto
