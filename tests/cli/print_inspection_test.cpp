#include "cli/print_inspection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/input.hpp"
#include "common/crypto/issue.hpp"

namespace entente::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Paint plain(false);
const Time now = parse_time("2026-07-02T00:00:00Z").value();

X509Report report_of(const crypto::CertificateTemplate& wanted, bool verification) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const crypto::Certificate certificate = crypto::issue_root(wanted, key).value();
  X509Report report{.file = "svid\x1b[2J.pem",
                    .certificates = crypto::read_certificate_file(certificate.pem()).value(),
                    .inspection = {},
                    .verification = verification,
                    .path = {},
                    .bundle = {},
                    .at = now};
  report.inspection = spiffe::inspect_x509(report.certificates, now);
  return report;
}

crypto::CertificateTemplate hostile() {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", "\x1b]0;owned\x07"}};
  wanted.uri_names = {"spiffe://a.test/\x1b[2J"};
  wanted.dns_names = {"a\x1b[2Jb"};
  wanted.not_before = now - std::chrono::hours(1);
  wanted.not_after = now + std::chrono::hours(1);
  return wanted;
}

TEST(X509Text, KeepsWhatStrangersWroteFromTheTerminal) {
  for (const bool verification : {false, true}) {
    const std::string text = x509_text(report_of(hostile(), verification), plain);
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\x07")));
    EXPECT_THAT(text, HasSubstr("spiffe_id (SPIFFE-ID 2): "));
  }
}

TEST(X509Text, BeginsWithTheVerdictAndItsCodes) {
  EXPECT_THAT(x509_text(report_of(hostile(), true), plain),
              HasSubstr(": NOT valid (spiffe_id): a certificate whose URI"));
  EXPECT_THAT(x509_text(report_of(hostile(), false), plain), HasSubstr("; 1 violation (spiffe_id)\n"));
  EXPECT_THAT(x509_text(report_of(hostile(), true), Paint(true)), HasSubstr("\x1b[31mNOT valid"));
}

TEST(X509Json, HasTheSameMembersWhateverIsWrong) {
  const Json document = x509_json(report_of(hostile(), true));

  EXPECT_EQ(document["valid"], false);
  EXPECT_TRUE(document["spiffe_id"].is_null());
  EXPECT_EQ(document["not_after"], "2026-07-02T01:00:00Z");
  EXPECT_EQ(document["violations"][0]["code"], "spiffe_id");
  EXPECT_EQ(document["violations"][0]["section"], "SPIFFE-ID 2");
  EXPECT_FALSE(document["violations"][0]["what_to_do"].is_null());
  EXPECT_TRUE(document["bundle"].is_null());
  EXPECT_FALSE(x509_json(report_of(hostile(), false)).contains("valid"));
}

TEST(JwtText, SaysWhichClaimsNobodyVouchesFor) {
  JwtReport report{.source = "token",
                   .inspection = spiffe::inspect_jwt_svid("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhXHUwMDFiWzJKIn0."),
                   .audience = "reports",
                   .bundle = {},
                   .at = now};

  const std::string text = jwt_text(report, plain);

  EXPECT_THAT(text, HasSubstr("token: NOT valid (signature_missing, alg, sub, aud, exp)"));
  EXPECT_THAT(text, HasSubstr("claims, which nobody vouches for:\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(jwt_json(report)["algorithm"], "none");
}

TEST(Moment, IsATimeADateOrADistance) {
  const auto moment = [](std::string_view text) { return read_moment("--at", text, now); };

  EXPECT_EQ(moment("2026-07-03T00:00:00Z").value(), now + std::chrono::hours(24));
  EXPECT_EQ(moment("2026-07-03").value(), now + std::chrono::hours(24));
  EXPECT_EQ(moment("+24h").value(), now + std::chrono::hours(24));
  EXPECT_EQ(moment("-30m").value(), now - std::chrono::minutes(30));
  for (const char* bad : {"", "tomorrow", "2026-13-01", "24h", "+", "+1y", "+9999999h", "2026-07-03T00:00:00+02:00"}) {
    ASSERT_FALSE(moment(bad)) << bad;
    EXPECT_EQ(moment(bad).error().code(), Errc::invalid_argument) << bad;
  }
}

}  // namespace
}  // namespace entente::cli
