#include "common/crypto/signature.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

// A JWS that someone else signed.
struct Example {
  std::string_view name;
  SignatureAlgorithm algorithm;
  PublicParameters key;
  std::string_view signing_input, signature;
};

Bytes decoded(std::string_view text) { return base64url_decode(text).value(); }

std::vector<Example> rfc_examples() {
  constexpr std::string_view payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  static const std::string rs256_input = "eyJhbGciOiJSUzI1NiJ9." + std::string(payload);
  static const std::string es256_input = "eyJhbGciOiJFUzI1NiJ9." + std::string(payload);
  return {
      {"RFC 7515 A.2", SignatureAlgorithm::rs256,
       RsaParameters{decoded("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
                             "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"
                             "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5"
                             "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
                     decoded("AQAB")},
       rs256_input,
       "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
       "O8W2Fp5jujGbds9uJdbF9CUAr7t"
       "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
       "xi12j"
       "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
       "IoypGlUPQ"
       "Ge77Rw"},
      {"RFC 7515 A.3", SignatureAlgorithm::es256,
       EcParameters{"P-256", decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                    decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")},
       es256_input, "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
      {"RFC 7515 A.4", SignatureAlgorithm::es512,
       EcParameters{
           "P-521", decoded("AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"),
           decoded("ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2")},
       "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
       "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_"
       "7XdtAG8GaSwFKdCAPZgoXD2YBJZC"
       "PEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
      {"RFC 7520 4.2", SignatureAlgorithm::ps384,
       RsaParameters{decoded("n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_"
                             "AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpP"
                             "e7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg"
                             "_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"),
                     decoded("AQAB")},
       "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
       "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5"
       "k"
       "IGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by"
       "4",
       "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_"
       "1OLPpcb"
       "UrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_"
       "ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8I"
       "mUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_"
       "jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-"
       "X72Eaw"}};
}

constexpr SignatureAlgorithm all_algorithms[] = {
    SignatureAlgorithm::rs256, SignatureAlgorithm::rs384, SignatureAlgorithm::rs512,
    SignatureAlgorithm::es256, SignatureAlgorithm::es384, SignatureAlgorithm::es512,
    SignatureAlgorithm::ps256, SignatureAlgorithm::ps384, SignatureAlgorithm::ps512};

const PrivateKey& key_of(KeyType type) {
  static const PrivateKey p256 = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  static const PrivateKey p384 = std::move(PrivateKey::generate(KeyType::ec_p384).value());
  static const PrivateKey p521 = std::move(PrivateKey::generate(KeyType::ec_p521).value());
  static const PrivateKey rsa = std::move(PrivateKey::generate(KeyType::rsa_2048).value());
  if (type == KeyType::ec_p256) return p256;
  if (type == KeyType::ec_p384) return p384;
  return type == KeyType::ec_p521 ? p521 : rsa;
}

const PrivateKey& key_for(SignatureAlgorithm algorithm) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521})
    if (fits(algorithm, key_of(type).public_key())) return key_of(type);
  return key_of(KeyType::rsa_2048);
}

TEST(Signature, VerifiesTheExamplesOfTheJoseStandards) {
  for (const Example& example : rfc_examples()) {
    const Result<PublicKey> key = PublicKey::from_parameters(example.key);

    ASSERT_TRUE(key) << example.name << key.error().message();
    const Status verified = verify(example.algorithm, *key, example.signing_input, decoded(example.signature));

    EXPECT_TRUE(verified) << example.name << ": " << verified.error().message();
  }
}

TEST(Signature, RefusesTheExamplesWithAnyBitOfTheSignatureChanged) {
  for (const Example& example : rfc_examples()) {
    const PublicKey key = PublicKey::from_parameters(example.key).value();
    const Bytes good = decoded(example.signature);
    for (std::size_t at = 0; at < good.size(); at += 7) {
      Bytes bad = good;
      bad[at] ^= 0x10;

      const Status verified = verify(example.algorithm, key, example.signing_input, bad);

      ASSERT_FALSE(verified) << example.name << " at " << at;
      EXPECT_EQ(verified.error().code(), Errc::untrusted);
    }
  }
}

TEST(Signature, RefusesAnotherMessage) {
  for (const Example& example : rfc_examples()) {
    const PublicKey key = PublicKey::from_parameters(example.key).value();
    const std::string other = std::string(example.signing_input) + "A";

    EXPECT_FALSE(verify(example.algorithm, key, other, decoded(example.signature))) << example.name;
    EXPECT_FALSE(verify(example.algorithm, key, "", decoded(example.signature))) << example.name;
  }
}

TEST(Signature, RefusesAnySignatureThatHasNotTheExactLength) {
  for (const Example& example : rfc_examples()) {
    const PublicKey key = PublicKey::from_parameters(example.key).value();
    Bytes shorter = decoded(example.signature), longer = shorter, padded = shorter;
    shorter.pop_back();
    longer.push_back(0);
    padded.insert(padded.begin(), 0);

    for (const Bytes& bad : {shorter, longer, padded, Bytes()})
      EXPECT_FALSE(verify(example.algorithm, key, example.signing_input, bad)) << example.name << bad.size();
  }
}

// RFC 7518 3.4: r || s, not the DER that X.509 carries.
TEST(Signature, IsRawForEllipticCurves) {
  const std::pair<SignatureAlgorithm, std::size_t> lengths[] = {
      {SignatureAlgorithm::es256, 64}, {SignatureAlgorithm::es384, 96}, {SignatureAlgorithm::es512, 132}};
  for (const auto& [algorithm, length] : lengths)
    for (int round = 0; round < 300; ++round)  // enough that leading zeros of r or s occur
      ASSERT_EQ(sign(algorithm, key_for(algorithm), std::to_string(round)).value().size(), length);
}

TEST(Signature, RoundTripsForEveryAlgorithmAndForNoOther) {  // JS-2
  for (const SignatureAlgorithm algorithm : all_algorithms) {
    const PrivateKey& key = key_for(algorithm);

    const Bytes signature = sign(algorithm, key, "message").value();

    for (const SignatureAlgorithm other : all_algorithms)
      EXPECT_EQ(verify(other, key.public_key(), "message", signature).has_value(), other == algorithm)
          << to_string(algorithm) << " read as " << to_string(other);
  }
}

TEST(Signature, OfAZeroPairIsRefused) {
  const Bytes zeros(64);

  EXPECT_FALSE(verify(SignatureAlgorithm::es256, key_of(KeyType::ec_p256).public_key(), "message", zeros));
}

TEST(Signature, IsNotMadeWithAKeyThatDoesNotFit) {  // JS-8
  const Result<Bytes> curve = sign(SignatureAlgorithm::es256, key_of(KeyType::ec_p384), "message");
  const Result<Bytes> kind = sign(SignatureAlgorithm::ps256, key_of(KeyType::ec_p256), "message");

  ASSERT_FALSE(curve);
  EXPECT_EQ(curve.error().code(), Errc::invalid_argument);
  EXPECT_EQ(curve.error().message(), "ES256 cannot be used with a key of kind EC P-384");
  EXPECT_FALSE(kind);
}

TEST(Signature, VerifiesAnEmptyMessage) {
  const Bytes signature = sign(SignatureAlgorithm::es256, key_of(KeyType::ec_p256), "").value();

  EXPECT_TRUE(verify(SignatureAlgorithm::es256, key_of(KeyType::ec_p256).public_key(), "", signature));
}

TEST(Signature, IsMadeByManyThreadsWithOneKey) {
  const PrivateKey& key = key_of(KeyType::rsa_2048);
  std::atomic<int> good = 0;

  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 25; ++round) {
        const std::string message = std::to_string(thread * 1000 + round);
        const Bytes signature = sign(SignatureAlgorithm::ps256, key, message).value();
        if (verify(SignatureAlgorithm::ps256, key.public_key(), message, signature)) ++good;
      }
    });
  threads.clear();

  EXPECT_EQ(good, 100);
}

TEST(SignatureAlgorithm, NamesAreReadInTheirExactCaseOnly) {  // JS-2
  for (const SignatureAlgorithm algorithm : all_algorithms)
    EXPECT_EQ(parse_signature_algorithm(to_string(algorithm)), algorithm);
  for (const char* name : {"rs256", "Es256", "HS256", "none", "EdDSA", "ES256K", "", "RS256 ", "PS256\n"})
    EXPECT_FALSE(parse_signature_algorithm(name)) << name;
}

TEST(SignatureAlgorithm, IsPreferredByTheKindOfKey) {
  EXPECT_EQ(preferred_algorithm(key_of(KeyType::ec_p256).public_key()), SignatureAlgorithm::es256);
  EXPECT_EQ(preferred_algorithm(key_of(KeyType::ec_p384).public_key()), SignatureAlgorithm::es384);
  EXPECT_EQ(preferred_algorithm(key_of(KeyType::ec_p521).public_key()), SignatureAlgorithm::es512);
  EXPECT_EQ(preferred_algorithm(key_of(KeyType::rsa_2048).public_key()), SignatureAlgorithm::rs256);
}

TEST(Digest, OfTheWordsOfFips180) {
  const Sha256 digest = sha256(as_bytes("abc"));
  const Sha256 empty = sha256({});

  EXPECT_EQ(hex_encode(digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_encode(empty), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(RandomBytes, DifferEachTime) {
  EXPECT_EQ(random_bytes(16).size(), 16U);
  EXPECT_NE(random_bytes(16), random_bytes(16));
  EXPECT_TRUE(random_bytes(0).empty());
}

}  // namespace
}  // namespace entente::crypto
