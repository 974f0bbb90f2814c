// Reading and validating JWT-SVIDs: checklist JS. JWT-SVID 2-4.
#include "common/spiffe/jwt_svid.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/spiffe/text.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using nlohmann::json;
using std::chrono::seconds;
using test::key_of;
using test::now;
using test::token_of;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view good_header = R"({"alg":"ES256","kid":"k1","typ":"JWT"})";

std::string claims(const std::string& sub, const std::string& aud, const std::string& exp,
                   const std::string& more = "") {
  return R"({"sub":")" + sub + R"(","aud":)" + aud + ",\"exp\":" + exp + more + "}";
}
std::string in(std::int64_t offset) { return std::to_string(unix_seconds(now) + offset); }
std::string good_claims(const std::string& more = "") {
  return claims("spiffe://a.test/web", R"(["reports"])", in(300), more);
}

Bundle bundle() {
  Bundle made(test::domain("a.test"));
  made.jwt_authorities = {{"k0", test::other_key().public_key()}, {"k1", key_of(KeyType::ec_p256).public_key()}};
  return made;
}

JwtValidation wanted(Duration leeway = seconds(0)) { return {.audience = "reports", .now = now, .leeway = leeway}; }

Result<JwtSvidClaims> verify(std::string_view token, const Bundle& with, const JwtValidation& validation) {
  const auto parsed = parse_jwt_svid(token);
  if (!parsed) return parsed.error();
  return verify_jwt_svid(*parsed, with, validation);
}
Result<JwtSvidClaims> verify(std::string_view token) { return verify(token, bundle(), wanted()); }

// Refused while parsing, before any key is asked for.
std::string refusal(std::string_view token) {
  const auto parsed = parse_jwt_svid(token);
  return parsed ? "accepted" : parsed.error().message();
}
std::string refusal_of_header(std::string_view header) { return refusal(token_of(header, good_claims())); }
std::string refusal_of_claims(std::string_view payload) { return refusal(token_of(good_header, payload)); }

void expect_refused(const Result<JwtSvidClaims>& result, Errc code, const std::string& reason) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), code) << result.error().message();
  EXPECT_THAT(result.error().message(), HasSubstr(reason));
}

TEST(JwtSvid, IsAcceptedWithAGoodSignatureForTheAudienceInTime) {
  const std::string payload = good_claims(R"(,"iat":5,"team":{"x":[1]})");

  const auto accepted = verify(token_of(good_header, payload));

  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(accepted->subject.str(), "spiffe://a.test/web");
  EXPECT_THAT(accepted->audience, ElementsAre("reports"));
  EXPECT_EQ(accepted->expires_at, now + seconds(300));
  EXPECT_EQ(accepted->claims_json, payload);
}

// JS-1, JS-9
TEST(JwtSvid, IsOneCompactSerializationInStrictBase64Url) {
  const std::string good = token_of(good_header, good_claims());
  const std::size_t dot = good.find('.'), last_dot = good.rfind('.');
  const std::string unsigned_part = good.substr(0, last_dot + 1);
  std::string standard_alphabet = good;
  standard_alphabet[last_dot + 1] = '+';

  const std::vector<std::string> bad = {"",
                                        ".",
                                        "..",
                                        "...",
                                        "a.b",
                                        good.substr(0, last_dot),
                                        unsigned_part,
                                        good + ".",
                                        good + ".AAAA",
                                        "." + good,
                                        good.substr(dot),
                                        good + "=",
                                        good + "==",
                                        good + "\n",
                                        " " + good,
                                        good + std::string(1, '\0'),
                                        good.substr(0, dot) + "=" + good.substr(dot),
                                        good.substr(0, dot) + "." + good.substr(dot),
                                        standard_alphabet,
                                        "{\"payload\":\"\"}",
                                        good.substr(0, last_dot) + ".A",
                                        "Bearer " + good};
  for (const std::string& token : bad) {
    const auto parsed = parse_jwt_svid(token);
    ASSERT_FALSE(parsed) << in_quotes(token);
    EXPECT_EQ(parsed.error().code(), Errc::syntax) << in_quotes(token);
  }
}

// JS-9: 64 bytes of signature leave four bits in the last character; all but one spelling are strays.
TEST(JwtSvid, HasOneSpellingAlone) {
  const std::string good = token_of(good_header, good_claims());
  int accepted = 0;
  for (const char c : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    if (verify(good.substr(0, good.size() - 1) + c)) ++accepted;

  EXPECT_EQ(accepted, 1);
}

// JS-10
TEST(JwtSvid, WithABytePastAsciiIsAnError) {
  const std::string good = token_of(good_header, good_claims());
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const unsigned char byte : {0x80, 0xc3, 0xff}) {
      std::string token = good;
      token[i] = static_cast<char>(byte);
      EXPECT_FALSE(parse_jwt_svid(token)) << i;
    }
}

TEST(JwtSvid, IsAtMost64KiBLong) {
  const auto padded = [](std::size_t size) { return good_claims(",\"pad\":\"" + std::string(size, 'x') + "\""); };

  EXPECT_TRUE(verify(token_of(good_header, padded(40'000))));
  EXPECT_EQ(parse_jwt_svid(token_of(good_header, padded(60'000))).error().code(), Errc::too_large);
}

// JS-2
TEST(JwtSvid, NamesOneOfTheNineAlgorithmsInTheirOwnCase) {
  for (const char* alg : {"none", "None", "HS256", "HS384", "HS512", "es256", "Es256", "ES256K", "EdDSA", "RS1",
                          "RSA-OAEP", "ES256 ", "", "PS257", "ES256\\u0000"})
    EXPECT_THAT(refusal_of_header(R"({"alg":")" + std::string(alg) + R"(","kid":"k1"})"), HasSubstr("alg")) << alg;
  for (const char* header : {"{}", R"({"alg":null})", R"({"alg":256})", R"({"alg":["ES256"]})", R"({"Alg":"ES256"})"})
    EXPECT_THAT(refusal_of_header(header), HasSubstr("alg")) << header;
  for (const char* alg : {"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"})
    EXPECT_EQ(refusal_of_header(R"({"alg":")" + std::string(alg) + "\"}"), "accepted") << alg;
}

// JS-2
TEST(JwtSvid, HasItsAlgorithmCheckedBeforeAllElse) {
  const std::string header = base64url_encode(as_bytes(R"({"alg":"none","typ":"x","crit":["y"]})"));

  EXPECT_THAT(refusal(header + ".!!.!!"), HasSubstr("alg"));
}

// JS-3
TEST(JwtSvid, HasTheTypeJwtOrJoseOrNone) {
  for (const char* typ : {R"(,"typ":"JWT")", R"(,"typ":"JOSE")", ""})
    EXPECT_EQ(refusal_of_header(R"({"alg":"ES256","kid":"k1")" + std::string(typ) + "}"), "accepted") << typ;
  for (const char* typ : {"\"jwt\"", "\"wit+jwt\"", "\"at+jwt\"", "\"\"", "null", "1", "[\"JWT\"]"})
    EXPECT_THAT(refusal_of_header(R"({"alg":"ES256","typ":)" + std::string(typ) + "}"), HasSubstr("typ")) << typ;
}

// JS-7
TEST(JwtSvid, WithACriticalExtensionIsRefused) {
  for (const char* crit : {R"(["b64"])", R"(["exp"])", "[]", "null"})
    EXPECT_THAT(refusal_of_header(R"({"alg":"ES256","crit":)" + std::string(crit) + "}"), HasSubstr("crit")) << crit;
}

// JS-10
TEST(JwtSvid, WithADuplicateMemberIsRefused) {
  EXPECT_THAT(refusal_of_header(R"({"alg":"ES256","alg":"ES256"})"), HasSubstr("duplicate"));
  EXPECT_THAT(refusal_of_header(R"({"alg":"ES256","kid":"a","kid":"b"})"), HasSubstr("duplicate"));
  EXPECT_THAT(refusal_of_claims(good_claims(R"(,"sub":"spiffe://a.test/admin")")), HasSubstr("duplicate"));
  EXPECT_THAT(refusal_of_claims(good_claims(R"(,"x":{"y":1,"y":2})")), HasSubstr("duplicate"));
}

TEST(JwtSvid, HasObjectsForHeaderAndClaims) {
  for (const char* text : {"[]", "\"x\"", "1", "null", "{", "", "{}{}", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}"}) {
    EXPECT_NE(refusal_of_header(text), "accepted") << text;
    EXPECT_NE(refusal_of_claims(text), "accepted") << text;
  }
  EXPECT_THAT(refusal_of_header(R"({"alg":"ES256","kid":1})"), HasSubstr("kid"));
  EXPECT_THAT(refusal_of_header(R"({"alg":"ES256","kid":""})"), HasSubstr("kid"));
}

// JS-4
TEST(JwtSvid, HasASpiffeIdForItsSubject) {
  for (const char* sub :
       {"", "web", "https://a.test/web", "spiffe://A.test/web", "spiffe://a.test/web/", "SPIFFE://a.test/x",
        "spiffe://a.test/w\xc3\xa9", "spiffe://a.test/web\\n", "spiffe://a.test/web\\u0000"})
    EXPECT_THAT(refusal_of_claims(claims(sub, "\"reports\"", in(300))), HasSubstr("sub")) << sub;
  EXPECT_THAT(refusal_of_claims(R"({"aud":"reports","exp":)" + in(300) + "}"), HasSubstr("sub"));
  EXPECT_THAT(refusal_of_claims(R"({"sub":7,"aud":"reports","exp":)" + in(300) + "}"), HasSubstr("sub"));
  EXPECT_EQ(refusal_of_claims(claims("spiffe://a.test", "\"reports\"", in(300))), "accepted");
}

// JS-5
TEST(JwtSvid, IsForTheAudienceThatWasAskedFor) {
  const auto for_audience = [](const std::string& aud) {
    return verify(token_of(good_header, claims("spiffe://a.test/web", aud, in(300))));
  };

  EXPECT_TRUE(for_audience("\"reports\""));
  EXPECT_TRUE(for_audience(R"(["db","reports"])"));
  for (const char* aud : {"\"report\"", "\"reports2\"", "\"Reports\"", R"(["db"])", R"(["re","ports"])"})
    expect_refused(for_audience(aud), Errc::untrusted, "audience");
}

// JS-5
TEST(JwtSvid, HasAnAudienceOfOneStringOrMore) {
  for (const char* aud :
       {"null", "1", "{}", "[]", "\"\"", "[1]", R"(["reports",null])", R"(["reports",""])", R"([["reports"]])"})
    EXPECT_THAT(refusal_of_claims(claims("spiffe://a.test/web", aud, in(300))), HasSubstr("aud")) << aud;
  EXPECT_THAT(refusal_of_claims(R"({"sub":"spiffe://a.test/web","exp":)" + in(300) + "}"), HasSubstr("aud"));
}

TEST(JwtSvid, IsValidatedForNoEmptyAudience) {
  JwtValidation nobody = wanted();
  nobody.audience.clear();

  expect_refused(verify(token_of(good_header, good_claims()), bundle(), nobody), Errc::invalid_argument, "audience");
}

// JS-6
TEST(JwtSvid, EndsAtItsExpiry) {
  const auto expiring = [](std::int64_t offset, Duration leeway) {
    const std::string payload = claims("spiffe://a.test/web", "\"reports\"", in(offset));
    return verify(token_of(good_header, payload), bundle(), wanted(leeway));
  };

  EXPECT_TRUE(expiring(1, seconds(0)));
  expect_refused(expiring(0, seconds(0)), Errc::expired, "expired at");
  EXPECT_TRUE(expiring(-29, seconds(30)));
  expect_refused(expiring(-30, seconds(30)), Errc::expired, "expired at");
  expect_refused(expiring(-60, std::chrono::hours(1)), Errc::expired, "expired at");  // 60 s at most
  EXPECT_TRUE(expiring(-59, std::chrono::hours(1)));
  expect_refused(expiring(0, seconds(-1)), Errc::expired, "expired at");
}

// JS-6
TEST(JwtSvid, HasAnExpiryThatIsATime) {
  const std::vector<std::string> bad = {"null",
                                        "\"1800000000\"",
                                        "true",
                                        "[]",
                                        "-1",
                                        "-1.5",
                                        "1e300",
                                        "-1e300",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "253402300800",
                                        "9223372036854775807"};
  for (const std::string& exp : bad)
    EXPECT_THAT(refusal_of_claims(claims("spiffe://a.test/web", "\"reports\"", exp)), HasSubstr("exp")) << exp;
  EXPECT_THAT(refusal_of_claims(R"({"sub":"spiffe://a.test/web","aud":"reports"})"), HasSubstr("exp: missing"));
  for (const std::string& exp : {in(300) + ".5", std::string("1.8e9"), std::string("9999999999"),
                                 std::string("253402300799"), std::string("253402300798.5")})
    EXPECT_TRUE(verify(token_of(good_header, claims("spiffe://a.test/web", "\"reports\"", exp)))) << exp;
}

// RFC 7519 2: a NumericDate may be a fraction.
TEST(JwtSvid, HasItsExpiryReadToTheFraction) {
  const auto parsed =
      parse_jwt_svid(token_of(good_header, claims("spiffe://a.test/web", "\"r\"", in(300) + ".5"))).value();

  EXPECT_EQ(parsed.expires_at, now + std::chrono::milliseconds(300'500));
}

// JS-7
TEST(JwtSvid, IsNotAcceptedBeforeItsTime) {
  const auto starting = [](const std::string& nbf, Duration leeway) {
    return verify(token_of(good_header, good_claims(",\"nbf\":" + nbf)), bundle(), wanted(leeway));
  };

  EXPECT_TRUE(starting(in(0), seconds(0)));
  expect_refused(starting(in(1), seconds(0)), Errc::expired, "not valid before");
  EXPECT_TRUE(starting(in(60), seconds(60)));
  expect_refused(starting(in(61), seconds(600)), Errc::expired, "not valid before");
  expect_refused(starting("253402300799", seconds(60)), Errc::expired, "not valid before");
}

TEST(JwtSvid, HasTimesWhereItHasThemAndIatLimitsNothing) {
  EXPECT_THAT(refusal_of_claims(good_claims(R"(,"nbf":"soon")")), HasSubstr("nbf"));
  EXPECT_THAT(refusal_of_claims(good_claims(R"(,"iat":null)")), HasSubstr("iat"));
  EXPECT_TRUE(verify(token_of(good_header, good_claims(",\"iat\":" + in(5000)))));
}

// JS-8
TEST(JwtSvid, IsCheckedWithTheKeyThatItNames) {
  const std::string token = token_of(R"({"alg":"ES256","kid":"k0"})", good_claims());

  expect_refused(verify(token), Errc::untrusted, "the signature is of no JWT authority");
  expect_refused(verify(token_of(R"({"alg":"ES256","kid":"k9"})", good_claims())), Errc::untrusted, "\"k9\"");
  expect_refused(verify(token_of(R"({"alg":"ES256","kid":"K1"})", good_claims())), Errc::untrusted, "\"K1\"");
}

// JWT-SVID 2.2: `kid` is optional.
TEST(JwtSvid, WithoutAKeyIdIsTriedWithEveryKeyThatFits) {
  const std::string token = token_of(R"({"alg":"ES256"})", good_claims());
  Bundle strangers = bundle();
  strangers.jwt_authorities.pop_back();

  EXPECT_TRUE(verify(token));
  expect_refused(verify(token, strangers, wanted()), Errc::untrusted, "signature");
}

TEST(JwtSvid, IsCheckedWithEachKeyOfAnIdThatSeveralHave) {
  Bundle twins = bundle();
  twins.jwt_authorities[0].key_id = "k1";

  EXPECT_TRUE(verify(token_of(good_header, good_claims()), twins, wanted()));
}

// JS-8
TEST(JwtSvid, HasAnAlgorithmThatFitsItsKey) {
  for (const char* alg : {"ES384", "ES512", "RS256", "PS256"})
    expect_refused(verify(token_of(R"({"alg":")" + std::string(alg) + R"(","kid":"k1"})", good_claims())),
                   Errc::untrusted, "has no JWT authority for " + std::string(alg));
}

// JS-8
TEST(JwtSvid, IsCheckedWithItsOwnTrustDomainAlone) {
  const std::string token = token_of(good_header, claims("spiffe://b.test/web", "\"reports\"", in(300)));

  expect_refused(verify(token), Errc::untrusted, "not in the trust domain a.test");
}

// TB-6
TEST(JwtSvid, IsInvalidWhereTheBundleIsEmpty) {
  expect_refused(verify(token_of(good_header, good_claims()), Bundle(test::domain("a.test")), wanted()),
                 Errc::untrusted, "has no JWT authority");
}

// JS-8: a key for another use is no JWT authority.
TEST(JwtSvid, IsNotCheckedWithWitKeys) {
  Bundle wit = bundle();
  std::swap(wit.jwt_authorities, wit.wit_authorities);

  expect_refused(verify(token_of(good_header, good_claims()), wit, wanted()), Errc::untrusted, "has no JWT authority");
}

// ID-12: the ID stands in what is signed.
TEST(JwtSvid, WithAnotherSubjectThanWasSignedIsRefused) {
  const std::string good = token_of(good_header, good_claims());
  const std::string other = claims("spiffe://a.test/admin", R"(["reports"])", in(300));

  const std::string forged =
      good.substr(0, good.find('.') + 1) + base64url_encode(as_bytes(other)) + good.substr(good.rfind('.'));

  expect_refused(verify(forged), Errc::untrusted, "signature");
}

}  // namespace
}  // namespace entente::spiffe
