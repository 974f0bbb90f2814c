#include "common/crypto/issue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

using testing::ElementsAre;

TEST(Issue, MakesARootThatMaySign) {  // XS-6
  CertificateTemplate wanted = ca_template("Root");
  wanted.subject = {{"C", "US"}, {"O", "SPIFFE"}, {"CN", "Root"}};
  wanted.uri_names = {"spiffe://a.test"};
  wanted.path_length = 1;

  const Certificate root = make_root(wanted).certificate;

  EXPECT_EQ(root.subject(), "CN=Root,O=SPIFFE,C=US");
  EXPECT_TRUE(root.self_issued());
  EXPECT_TRUE(root.is_ca());
  EXPECT_EQ(root.path_length(), 1);
  ASSERT_TRUE(root.key_usage());
  EXPECT_TRUE(root.key_usage()->critical);
  EXPECT_TRUE(root.key_usage()->key_cert_sign);
  EXPECT_TRUE(root.key_usage()->crl_sign);
  EXPECT_FALSE(root.key_usage()->digital_signature);
  EXPECT_FALSE(root.extended_key_usage());
  EXPECT_FALSE(root.san_critical());
  EXPECT_EQ(root.not_before(), wanted.not_before);
  EXPECT_EQ(root.not_after(), wanted.not_after);
}

TEST(Issue, WritesBasicConstraintsAsDerDemands) {
  const Certificate root = make_root(ca_template("Root")).certificate;

  // OBJECT 2.5.29.19, BOOLEAN TRUE (critical), OCTET STRING of SEQUENCE of BOOLEAN TRUE: TRUE is 0xff and nothing else.
  const Bytes expected = {0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff};
  const ByteView der = root.der();
  EXPECT_NE(std::search(der.begin(), der.end(), expected.begin(), expected.end()), der.end());
}

TEST(Issue, MakesALeafThatAuthenticates) {  // XS-3, XS-4, XS-5
  const Authority root = make_root(ca_template("Root"));
  CertificateTemplate wanted = leaf_template("spiffe://a.test/web");
  wanted.dns_names = {"web.a.example", "*.a.example"};
  wanted.ip_names = {"192.0.2.1", "2001:db8::1"};

  const Certificate leaf = make_leaf(wanted, root);

  EXPECT_TRUE(leaf.subject_empty());
  EXPECT_TRUE(leaf.san_critical());
  EXPECT_EQ(leaf.issuer(), "CN=Root");
  EXPECT_THAT(leaf.uri_names(), ElementsAre("spiffe://a.test/web"));
  EXPECT_THAT(leaf.dns_names(), ElementsAre("web.a.example", "*.a.example"));
  EXPECT_THAT(leaf.ip_names(), ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_TRUE(leaf.has_basic_constraints());
  EXPECT_FALSE(leaf.is_ca());
  ASSERT_TRUE(leaf.key_usage());
  EXPECT_TRUE(leaf.key_usage()->critical);
  EXPECT_TRUE(leaf.key_usage()->digital_signature);
  EXPECT_FALSE(leaf.key_usage()->key_encipherment);
  EXPECT_FALSE(leaf.key_usage()->key_cert_sign);
  ASSERT_TRUE(leaf.extended_key_usage());
  EXPECT_TRUE(leaf.extended_key_usage()->server_auth);
  EXPECT_TRUE(leaf.extended_key_usage()->client_auth);
}

TEST(Issue, LetsAnRsaKeyEncipherToo) {
  const Authority root = make_root(ca_template("Root"));
  const PrivateKey key = std::move(PrivateKey::generate(KeyType::rsa_2048).value());

  const Certificate leaf = issue_certificate(leaf_template(), key.public_key(), root.certificate, root.key).value();

  EXPECT_TRUE(leaf.key_usage()->key_encipherment);
  EXPECT_EQ(leaf.public_key(), key.public_key());
}

TEST(Issue, MakesNamesCriticalOnlyWithoutASubject) {
  const Authority root = make_root(ca_template("Root"));
  CertificateTemplate wanted = leaf_template();
  wanted.subject = {{"O", "SPIFFE"}};

  EXPECT_FALSE(make_leaf(wanted, root).san_critical());
}

TEST(Issue, SignsWithEveryTypeOfKey) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048}) {
    const Authority root = make_root(ca_template("Root"), type);

    EXPECT_EQ(root.certificate.public_key(), root.key.public_key());
    EXPECT_TRUE(issue_certificate(leaf_template(), root.key.public_key(), root.certificate, root.key));
  }
}

TEST(Issue, DrawsAPositiveSerialOf127BitsEachTime) {
  const Authority root = make_root(ca_template("Root"));
  std::set<std::string> serials;
  std::size_t longest = 0;

  for (int round = 0; round < 50; ++round) {
    const std::string serial = make_leaf(leaf_template(), root).serial_hex();
    EXPECT_FALSE(serial.starts_with("-"));
    longest = std::max(longest, serial.size());
    serials.insert(serial);
  }

  EXPECT_EQ(serials.size(), 50U);
  EXPECT_EQ(longest, 32U);
}

TEST(Issue, KeepsTimesAfter2049) {
  CertificateTemplate wanted = ca_template("Root");
  wanted.not_before = from_unix_seconds(2'524'607'999);  // the last second that UTCTime says
  wanted.not_after = from_unix_seconds(4'102'444'800);   // 2100

  const Certificate root = make_root(wanted).certificate;

  EXPECT_EQ(format_time(root.not_before()), "2049-12-31T23:59:59Z");
  EXPECT_EQ(format_time(root.not_after()), "2100-01-01T00:00:00Z");
}

TEST(Issue, DepartsFromTheDefaultsWhereATestAsksForIt) {
  const Authority root = make_root(ca_template("Root"));
  CertificateTemplate bare = leaf_template();
  bare.overrides.no_key_usage = bare.overrides.no_extended_key_usage = bare.overrides.no_basic_constraints = true;
  bare.overrides.san_critical = false;
  CertificateTemplate odd = leaf_template();
  odd.overrides.key_usage = Certificate::KeyUsage{.critical = false, .key_agreement = true, .crl_sign = true};
  odd.overrides.extended_key_usage = Certificate::ExtendedKeyUsage{};

  const Certificate first = make_leaf(bare, root), second = make_leaf(odd, root);

  EXPECT_FALSE(first.key_usage());
  EXPECT_FALSE(first.extended_key_usage());
  EXPECT_FALSE(first.has_basic_constraints());
  EXPECT_FALSE(first.san_critical());
  EXPECT_FALSE(second.key_usage()->critical);
  EXPECT_TRUE(second.key_usage()->key_agreement);
  EXPECT_TRUE(second.key_usage()->crl_sign);
  EXPECT_FALSE(second.key_usage()->digital_signature);
  ASSERT_TRUE(second.extended_key_usage());
  EXPECT_FALSE(second.extended_key_usage()->server_auth);
}

TEST(Issue, RefusesAnAddressOrASubjectThatIsNone) {
  const Authority root = make_root(ca_template("Root"));
  CertificateTemplate address = leaf_template(), subject = leaf_template();
  address.ip_names = {"192.0.2.300"};
  subject.subject = {{"NOSUCH", "x"}};

  const auto no_address = issue_certificate(address, root.key.public_key(), root.certificate, root.key);
  const auto no_subject = issue_certificate(subject, root.key.public_key(), root.certificate, root.key);

  ASSERT_FALSE(no_address);
  EXPECT_EQ(no_address.error().message(), "issue: \"192.0.2.300\" is not an IP address");
  ASSERT_FALSE(no_subject);
  EXPECT_EQ(no_subject.error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace entente::crypto
