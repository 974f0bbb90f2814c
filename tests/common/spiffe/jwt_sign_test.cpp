// Issuing JWT-SVIDs: checklist JS-11.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using nlohmann::json;
using test::key_of;

JwtSvidRequest request(std::vector<std::string> audience = {"reports"}) {
  return {test::id("spiffe://a.test/web"), std::move(audience), test::now, test::now + std::chrono::minutes(5)};
}

json part(const std::string& token, int number) {
  std::size_t begin = 0;
  for (int i = 0; i < number; ++i) begin = token.find('.', begin) + 1;
  const Bytes text = base64url_decode(token.substr(begin, token.find('.', begin) - begin)).value();
  return json::parse(as_text(text));
}

// JS-11
TEST(JwtSigning, WritesAlgorithmKeyIdAndTypeAndNoOtherHeader) {
  const std::string token = sign_jwt_svid(request(), "k1", key_of(KeyType::ec_p384)).value();

  EXPECT_EQ(part(token, 0), json({{"alg", "ES384"}, {"kid", "k1"}, {"typ", "JWT"}}));
}

TEST(JwtSigning, WritesTheClaimsThatValidatorsNeed) {
  const std::string token = sign_jwt_svid(request({"reports", "db"}), "k1", key_of(KeyType::ec_p256)).value();

  EXPECT_EQ(part(token, 1), json({{"sub", "spiffe://a.test/web"},
                                  {"aud", {"reports", "db"}},
                                  {"iat", unix_seconds(test::now)},
                                  {"exp", unix_seconds(test::now) + 300}}));
}

TEST(JwtSigning, MakesTokensThatValidateForEveryKindOfKey) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048}) {
    Bundle bundle(test::domain("a.test"));
    bundle.jwt_authorities = {{"k", key_of(type).public_key()}};

    const std::string token = sign_jwt_svid(request(), "k", key_of(type)).value();
    const auto claims =
        verify_jwt_svid(parse_jwt_svid(token).value(), bundle, {.audience = "reports", .now = test::now});

    ASSERT_TRUE(claims) << claims.error().message();
    EXPECT_EQ(claims->subject, test::id("spiffe://a.test/web"));
  }
}

TEST(JwtSigning, RefusesARequestThatMakesNoValidToken) {
  const auto& key = key_of(KeyType::ec_p256);
  JwtSvidRequest ends_at_once = request();
  ends_at_once.expires_at = ends_at_once.issued_at;

  EXPECT_FALSE(sign_jwt_svid(request({}), "k", key));
  EXPECT_FALSE(sign_jwt_svid(request({""}), "k", key));
  EXPECT_FALSE(sign_jwt_svid(request(), "", key));
  EXPECT_FALSE(sign_jwt_svid(ends_at_once, "k", key));
}

}  // namespace
}  // namespace entente::spiffe
