#include "common/crypto/certificate_file.hpp"

#include <gmock/gmock.h>

#include "common/crypto/content_kind.hpp"
#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

CertificateFile read(std::string_view content) {
  const Result<CertificateFile> file = read_certificate_file(content);
  EXPECT_TRUE(file) << file.error().message();
  return file.value();
}

std::string refusal(std::string_view content) {
  const Result<CertificateFile> file = read_certificate_file(content);
  return file ? "read" : file.error().message();
}

std::string der(std::string_view name) {
  const Certificate certificate = vector(name);
  return std::string(as_text(certificate.der()));
}

TEST(CertificateFile, HoldsAChainInPemOrDer) {
  const std::string pem = data_file("leaf.pem") + data_file("inter.pem");

  EXPECT_THAT(read(pem).chain(), ElementsAre(vector("leaf"), vector("inter")));
  EXPECT_TRUE(read(pem).pem);
  EXPECT_THAT(read(der("leaf") + der("inter")).chain(), ElementsAre(vector("leaf"), vector("inter")));
  EXPECT_FALSE(read(der("leaf")).pem);
  EXPECT_EQ(read(pem).certificates[1].key, "EC P-384");
}

// As `openssl s_client -showcerts` and a text editor on Windows leave it.
TEST(CertificateFile, MayHaveTextAroundItsBlocksAndOtherLineEnds) {
  std::string windows;
  for (const char c : data_file("leaf.pem")) windows += c == '\n' ? "\r\n" : std::string(1, c);

  EXPECT_THAT(read("CONNECTED(3)\n 0 s:\n" + windows + "---\nServer certificate\n").chain(),
              ElementsAre(vector("leaf")));
}

TEST(CertificateFile, HasItsPrivateKeysPassedOver) {
  const CertificateFile file =
      read(data_file("key_ec_pkcs8.pem") + data_file("leaf.pem") + data_file("key_rsa_pkcs1.pem"));

  EXPECT_THAT(file.chain(), ElementsAre(vector("leaf")));
  EXPECT_TRUE(file.private_key);
  EXPECT_THAT(file.passed_over, ElementsAre("PRIVATE KEY", "RSA PRIVATE KEY"));
  EXPECT_FALSE(read(data_file("leaf.pem")).private_key);
}

TEST(CertificateFile, ShowsCertificatesWhoseKeysAreNotSupported) {
  const CertificateFile file = read(data_file("ed25519.pem") + data_file("rsa1024.pem"));

  EXPECT_EQ(file.certificates[0].key, "ED25519");
  EXPECT_TRUE(file.certificates[0].key_problem);
  EXPECT_THAT(file.certificates[1].key_problem->message(), HasSubstr("1024 bits"));
  EXPECT_FALSE(file.certificates[1].certificate.subject().empty());
}

TEST(CertificateFile, IsNamedForWhatItIsWhereItHoldsNoCertificate) {
  EXPECT_THAT(refusal(data_file("key_ec_pkcs8.pem")), HasSubstr("a private key; the certificate is in another file"));
  EXPECT_THAT(refusal("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"),
              HasSubstr("a certificate signing request"));
  EXPECT_THAT(refusal("-----BEGIN WHAT-----\nAAAA\n-----END WHAT-----\n"), HasSubstr("PEM with WHAT alone"));
  EXPECT_THAT(refusal(R"({"keys":[]})"), HasSubstr("JSON; a bundle goes to --bundle"));
  EXPECT_THAT(refusal("eyJhbGciOiJFUzI1NiJ9.e30.c2ln\n"), HasSubstr("a JWT; for a JWT-SVID: entente jwt verify"));
  EXPECT_THAT(refusal(base64_encode(as_bytes(der("leaf")))), HasSubstr("decode it first: base64 -d"));
  EXPECT_THAT(refusal(base64_encode(as_bytes(data_file("leaf.pem")))), HasSubstr("decode it first: base64 -d"));
  EXPECT_THAT(refusal("<!DOCTYPE html>"), HasSubstr("HTML"));
  EXPECT_THAT(refusal(std::string("\xff\xfe-\0-\0", 6)), HasSubstr("UTF-16"));
  EXPECT_THAT(refusal(data_file("explicit_spki.der")), HasSubstr("a public key"));
  for (const char* nothing : {"", "\n \t\n"}) EXPECT_THAT(refusal(nothing), HasSubstr("it is empty"));
  for (const char* garbage : {"garbage", "0", "0\x82", "\x01\x02", "MZ"})
    EXPECT_THAT(refusal(garbage), HasSubstr("no certificate")) << garbage;
}

TEST(CertificateFile, SaysWhichBlockIsBroken) {
  const std::string good = data_file("leaf.pem");
  std::string damaged = good;
  damaged[100] = '!';

  EXPECT_THAT(refusal(good + good.substr(0, 200)), HasSubstr("PEM block 2 (CERTIFICATE): it has no last line"));
  EXPECT_THAT(refusal(good + damaged), HasSubstr("PEM block 2"));
  EXPECT_THAT(refusal(der("leaf") + "more"), HasSubstr("DER certificate 2"));
  EXPECT_THAT(refusal(der("leaf").substr(0, 300)), HasSubstr("no certificate"));
  EXPECT_THAT(refusal("-----BEGIN \x1b[2J\n"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(refusal("-----BEGIN \x1b[2J-----\nAAAA\n"), Not(HasSubstr("\x1b")));
}

TEST(CertificateFile, HoldsNoMoreThanAThousand) {
  std::string many;
  for (std::size_t i = 0; i <= max_certificates; ++i) many += der("leaf");

  const Result<CertificateFile> file = read_certificate_file(many);

  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), Errc::too_large);
}

}  // namespace
}  // namespace entente::crypto
