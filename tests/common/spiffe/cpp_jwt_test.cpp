// A second opinion: cpp-jwt accepts every token that Entente issues. It has no part in reading strangers' tokens.
#include <gtest/gtest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <jwt/jwt.hpp>
#pragma GCC diagnostic pop

#include "common/base/encoding.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;

std::string public_pem(const crypto::PublicKey& key) {
  const std::string body = base64_encode(key.spki_der());
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t i = 0; i < body.size(); i += 64) pem += body.substr(i, 64) + "\n";
  return pem + "-----END PUBLIC KEY-----\n";
}

TEST(CppJwt, AcceptsEveryTokenThatWeIssue) {
  // It reads the real clock, so that these tokens are of now.
  const Time now = std::chrono::system_clock::now();
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048}) {
    const auto& key = test::key_of(type);
    const JwtSvidRequest request = {
        test::id("spiffe://a.test/web"), {"reports", "db"}, now, now + std::chrono::minutes(5)};
    const std::string token = sign_jwt_svid(request, "k1", key).value();
    const std::string algorithm(crypto::to_string(crypto::preferred_algorithm(key.public_key())));

    const auto decoded = jwt::decode(token, jwt::params::algorithms({algorithm}),
                                     jwt::params::secret(public_pem(key.public_key())), jwt::params::verify(true));

    const auto& payload = decoded.payload().create_json_obj();
    EXPECT_EQ(payload.at("sub"), "spiffe://a.test/web") << algorithm;
    EXPECT_EQ(payload.at("aud"), nlohmann::json({"reports", "db"})) << algorithm;
    EXPECT_EQ(decoded.header().create_json_obj().at("kid"), "k1") << algorithm;
  }
}

TEST(CppJwt, RefusesOurTokenUnderAnotherKey) {
  const Time now = std::chrono::system_clock::now();
  const JwtSvidRequest request = {test::id("spiffe://a.test/web"), {"reports"}, now, now + std::chrono::minutes(5)};
  const std::string token = sign_jwt_svid(request, "k1", test::key_of(KeyType::ec_p256)).value();

  EXPECT_ANY_THROW(jwt::decode(token, jwt::params::algorithms({"ES256"}),
                               jwt::params::secret(public_pem(test::other_key().public_key())),
                               jwt::params::verify(true)));
}

}  // namespace
}  // namespace entente::spiffe
