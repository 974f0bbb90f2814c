#include "common/trust/relationship.hpp"

#include <gmock/gmock.h>

#include "common/base/file.hpp"

namespace entente::trust {
namespace {

using testing::HasSubstr;

// openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
constexpr std::string_view company_pin = "sha256/dfQF7RBMRmguAck7dsQbC/5LAS51L2Sjvz2mvqcY36I=";

TEST(KeyPin, IsTheDigestOfThePublicKeyAsOpenSslPrintsIt) {
  const auto pem = read_file(ENTENTE_TEST_DATA "/config/company-ca.pem");
  const auto certificates = crypto::certificates_from_pem(pem.value());
  EXPECT_EQ(KeyPin::of(certificates->front()).str(), company_pin);
  EXPECT_EQ(KeyPin::of(certificates->front()), KeyPin::parse(company_pin).value());
}

TEST(KeyPin, IsReadStrictly) {
  const std::string good(company_pin);
  for (const std::string& bad :
       {std::string(), good.substr(7), "sha1/" + good.substr(7), "SHA256/" + good.substr(7), good.substr(0, 50),
        good + "=", good + "\n", std::string("sha256/"), std::string("sha256/AAAA"), "sha256//" + good.substr(7)}) {
    const auto pin = KeyPin::parse(bad);
    ASSERT_FALSE(pin) << bad;
    EXPECT_THAT(pin.error().message(), HasSubstr("must be sha256/"));
  }
  EXPECT_EQ(KeyPin::parse(good)->str(), good);
}

TEST(ChangePolicy, HasOneWordThatReadsBack) {
  for (const ChangePolicy policy : {ChangePolicy::accept, ChangePolicy::overlap, ChangePolicy::approve})
    EXPECT_EQ(parse_change_policy(to_string(policy)).value(), policy);
  EXPECT_EQ(to_string(ChangePolicy::overlap), "overlap");
  EXPECT_THAT(parse_change_policy("Accept").error().message(), HasSubstr("known are accept, overlap, approve"));
}

}  // namespace
}  // namespace entente::trust
