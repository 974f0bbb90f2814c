// Random and damaged input to everything that decodes: nothing may crash, hang or read out of bounds (run it with
// ASan).
#include <gtest/gtest.h>

#include <random>

#include "common/crypto/path.hpp"
#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

constexpr int rounds = 300;

Bytes random_garbage(std::mt19937& random, std::size_t most) {
  Bytes bytes(random() % most);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes damaged(std::mt19937& random, ByteView good) {
  Bytes bytes(good.begin(), good.end());
  for (unsigned count = 1 + random() % 3; count > 0; --count) bytes[random() % bytes.size()] ^= 1U << random() % 8;
  return bytes;
}

TEST(Garbage, IsNoCertificateKeyOrSignature) {
  std::mt19937 random(1);
  const PublicKey key = vector("root").public_key();
  for (int round = 0; round < rounds; ++round) {
    const Bytes bytes = random_garbage(random, 600);

    EXPECT_FALSE(Certificate::from_der(bytes));
    EXPECT_EQ(certificates_from_der(bytes).has_value(), bytes.empty());
    EXPECT_FALSE(certificates_from_pem(as_text(bytes)));
    EXPECT_FALSE(PublicKey::from_spki_der(bytes));
    EXPECT_FALSE(PrivateKey::from_pkcs8_der(bytes));
    EXPECT_FALSE(PrivateKey::from_pem(as_text(bytes)));
    EXPECT_FALSE(verify(SignatureAlgorithm::es256, key, "message", bytes));
  }
}

TEST(Garbage, InPemBlocksIsRefused) {
  std::mt19937 random(2);
  for (int round = 0; round < rounds; ++round) {
    const std::string body = base64_encode(random_garbage(random, 300));

    EXPECT_FALSE(certificates_from_pem("-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n"));
    EXPECT_FALSE(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n"));
  }
}

TEST(Garbage, OfAFewBitsInACertificateNeverMakesAPath) {
  std::mt19937 random(3);
  const Certificate leaf = vector("leaf"), inter = vector("inter"), root = vector("root");
  int parsed = 0;
  for (int round = 0; round < rounds; ++round) {
    const Bytes bytes = damaged(random, leaf.der());
    const Result<Certificate> read = Certificate::from_der(bytes);
    if (!read || *read == leaf) continue;
    ++parsed;
    (void)read->public_key().describe();
    const Certificate chain[] = {*read, inter}, roots[] = {root};

    EXPECT_FALSE(validate_path(chain, roots, vector_time()));
  }
  EXPECT_GT(parsed, rounds / 10);  // else nothing was tried
}

TEST(Garbage, OfAFewBitsInAKeyMakesAnotherKeyOrNone) {
  std::mt19937 random(4);
  const PrivateKey key = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  const Bytes spki = key.public_key().spki_der();
  for (int round = 0; round < rounds; ++round) {
    const Bytes bad_spki = damaged(random, spki);
    const Result<PublicKey> read = PublicKey::from_spki_der(bad_spki);
    if (read && bad_spki != spki) {
      EXPECT_NE(*read, key.public_key());
    }
    const SecretBytes pkcs8 = key.pkcs8_der();
    (void)PrivateKey::from_pkcs8_der(damaged(random, pkcs8.view())).has_value();
  }
}

TEST(Garbage, AsParametersIsRefusedOrAKey) {
  std::mt19937 random(5);
  for (int round = 0; round < rounds; ++round) {
    EXPECT_FALSE(
        PublicKey::from_parameters(EcParameters{"P-256", random_garbage(random, 40), random_garbage(random, 40)}));
    const RsaParameters rsa{random_garbage(random, 600), random_garbage(random, 12)};
    if (const auto key = PublicKey::from_parameters(rsa)) (void)key->spki_der();
  }
}

}  // namespace
}  // namespace entente::crypto
