#include "common/crypto/certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Bytes der_of(std::string_view name) {
  const Certificate certificate = vector(name);
  const ByteView view = certificate.der();
  return Bytes(view.begin(), view.end());
}

TEST(Certificate, TellsTheFactsOfARoot) {
  const Certificate root = vector("root");

  EXPECT_EQ(root.subject(), "CN=Root,O=Entente tests,C=US");
  EXPECT_EQ(root.issuer(), root.subject());
  EXPECT_TRUE(root.self_issued());
  EXPECT_FALSE(root.subject_empty());
  EXPECT_THAT(root.uri_names(), ElementsAre("spiffe://a.test"));
  EXPECT_FALSE(root.san_critical());
  EXPECT_TRUE(root.has_basic_constraints());
  EXPECT_TRUE(root.is_ca());
  EXPECT_FALSE(root.path_length());
  ASSERT_TRUE(root.key_usage());
  EXPECT_TRUE(root.key_usage()->critical);
  EXPECT_TRUE(root.key_usage()->key_cert_sign);
  EXPECT_TRUE(root.key_usage()->crl_sign);
  EXPECT_FALSE(root.key_usage()->digital_signature);
  EXPECT_FALSE(root.extended_key_usage());
  EXPECT_EQ(root.subject_key_id().size(), 20U);
  EXPECT_EQ(root.public_key().describe(), "EC P-256");
}

TEST(Certificate, TellsTheFactsOfALeaf) {
  const Certificate leaf = vector("leaf");

  EXPECT_EQ(leaf.subject(), "");
  EXPECT_TRUE(leaf.subject_empty());
  EXPECT_FALSE(leaf.self_issued());
  EXPECT_EQ(leaf.issuer(), "CN=Intermediate");
  EXPECT_TRUE(leaf.san_critical());
  EXPECT_THAT(leaf.uri_names(), ElementsAre("spiffe://a.test/web"));
  EXPECT_THAT(leaf.dns_names(), IsEmpty());
  EXPECT_TRUE(leaf.has_basic_constraints());
  EXPECT_FALSE(leaf.is_ca());
  ASSERT_TRUE(leaf.key_usage());
  EXPECT_TRUE(leaf.key_usage()->digital_signature);
  EXPECT_FALSE(leaf.key_usage()->key_cert_sign);
  ASSERT_TRUE(leaf.extended_key_usage());
  EXPECT_TRUE(leaf.extended_key_usage()->server_auth);
  EXPECT_TRUE(leaf.extended_key_usage()->client_auth);
  EXPECT_FALSE(leaf.extended_key_usage()->any);
  EXPECT_EQ(leaf.not_after() - leaf.not_before(), std::chrono::hours(24) * 36500);
}

TEST(Certificate, TellsAbsentExtensionsFromFalseOnes) {
  const Certificate bare = vector("v1");

  EXPECT_FALSE(bare.has_basic_constraints());
  EXPECT_FALSE(bare.is_ca());
  EXPECT_FALSE(bare.path_length());
  EXPECT_FALSE(bare.key_usage());
  EXPECT_FALSE(bare.extended_key_usage());
  EXPECT_THAT(bare.subject_key_id(), IsEmpty());
  EXPECT_THAT(bare.uri_names(), IsEmpty());
  EXPECT_EQ(vector("inter").path_length(), 0);
}

// A name that is cut at its NUL would let "spiffe://a.test/web\0.evil" pass for "spiffe://a.test/web".
TEST(Certificate, KeepsEveryByteOfItsNames) {
  using namespace std::string_literals;
  const Certificate names = vector("names");

  EXPECT_THAT(names.uri_names(), ElementsAre("spiffe://a.test/web\0.evil"s));
  EXPECT_THAT(names.dns_names(), ElementsAre("good\0.evil"s, "\xff"s + "A"));
  EXPECT_THAT(names.ip_names(), ElementsAre("192.0.2.1", "2001:db8::1", "0a0000"));
  EXPECT_EQ(names.subject(), "O=Zo\\C3\\AB,CN=comma\\, and \\\"quote\\\"");
  EXPECT_EQ(names.serial_hex(), "ff01");
}

TEST(Certificate, OfTheLongestValidityNeitherWrapsNorExpires) {
  const Certificate never = vector("never");

  EXPECT_EQ(format_time(never.not_before()), "1950-01-01T00:00:00Z");
  EXPECT_GT(never.not_after(), from_unix_seconds(8'000'000'000));
}

TEST(Certificate, IsTheBytesThatItWasReadFrom) {
  const Certificate root = vector("root");

  const Result<Certificate> again = Certificate::from_der(root.der());

  ASSERT_TRUE(again);
  EXPECT_EQ(*again, root);
  EXPECT_EQ(again->fingerprint(), sha256(root.der()));
  EXPECT_EQ(root.pem(), data_file("root.pem"));
  EXPECT_NE(root, vector("inter"));
}

TEST(Certificate, WithBytesAfterItsEndIsRefused) {
  Bytes der = der_of("root");
  der.push_back(0);

  const Result<Certificate> read = Certificate::from_der(der);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "certificate: bytes after the end of its DER");
}

TEST(Certificate, ThatEndsEarlyIsRefusedAtEveryLength) {
  const Bytes der = der_of("leaf");
  for (std::size_t length = 0; length < der.size(); ++length)
    ASSERT_FALSE(Certificate::from_der(ByteView(der).first(length))) << length;
}

// One certificate has one encoding: here the outer length is written in a longer form than DER allows.
TEST(Certificate, InBerIsRefused) {
  const Bytes der = der_of("root");
  ASSERT_EQ(der[1], 0x82);
  Bytes ber{0x30, 0x83, 0x00};
  ber.insert(ber.end(), der.begin() + 2, der.end());

  const Result<Certificate> read = Certificate::from_der(ber);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "certificate: not in DER");
}

TEST(Certificate, WithAKeyThatSpiffeDoesNotUseIsRefused) {
  for (const char* name : {"ed25519.pem", "rsa1024.pem"}) {
    const Result<std::vector<Certificate>> read = certificates_from_pem(data_file(name));

    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().code(), Errc::unsupported) << read.error().message();
  }
}

TEST(CertificateList, IsReadFromPemInOrder) {
  const std::string pem = "first\n" + data_file("leaf.pem") + "between\n\n" + data_file("inter.pem") + "after\n";

  const Result<std::vector<Certificate>> read = certificates_from_pem(pem);

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(*read, ElementsAre(vector("leaf"), vector("inter")));
  EXPECT_EQ(to_pem(*read), data_file("leaf.pem") + data_file("inter.pem"));
}

TEST(CertificateList, WithLineEndsOfWindowsIsRead) {
  std::string pem;
  for (const char c : data_file("root.pem")) pem += c == '\n' ? std::string("\r\n") : std::string(1, c);

  EXPECT_TRUE(certificates_from_pem(pem));
}

TEST(CertificateList, WithoutACertificateIsRefused) {
  for (const char* text : {"", "\n", "no certificate"}) {
    const Result<std::vector<Certificate>> read = certificates_from_pem(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message(), "pem: no certificate in it");
  }
}

TEST(CertificateList, WithAnotherBlockIsRefused) {
  const Result<std::vector<Certificate>> read =
      certificates_from_pem(data_file("leaf.pem") + data_file("key_ec_pkcs8.pem"));

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "pem: block 2: a block that is no certificate: PRIVATE KEY");
}

TEST(CertificateList, LosesNoBlockWhoseMarksAreDamaged) {
  const std::string good = data_file("root.pem");
  std::string begin = good, end = good;
  begin.replace(begin.find("BEGIN CERTIFICATE-----"), 22, "BEGIN CERTIFICATE----");
  end.erase(end.find("-----END"));

  for (const std::string& damaged : {begin, end}) {
    EXPECT_FALSE(certificates_from_pem(damaged));
    EXPECT_FALSE(certificates_from_pem(damaged + good));
    EXPECT_FALSE(certificates_from_pem(good + damaged));
  }
}

TEST(CertificateList, IsReadFromDerOneAfterAnother) {  // WA-5
  const std::vector<Certificate> chain{vector("leaf"), vector("inter"), vector("root")};

  const Result<std::vector<Certificate>> read = certificates_from_der(to_der(chain));

  ASSERT_TRUE(read);
  EXPECT_EQ(*read, chain);
  EXPECT_THAT(certificates_from_der({}).value(), IsEmpty());
}

TEST(CertificateList, OfDerNamesTheCertificateAtFault) {
  Bytes der = to_der({vector("leaf"), vector("inter")});
  der.pop_back();

  const Result<std::vector<Certificate>> read = certificates_from_der(der);

  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().message().starts_with("certificate 2: ")) << read.error().message();
}

}  // namespace
}  // namespace entente::crypto
