// What is said of tokens that somebody hands over: JS-1 to JS-10, every violation at once.
#include "common/spiffe/jwt_inspection.hpp"

#include <gmock/gmock.h>

#include "common/base/encoding.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using test::key_of;
using test::now;
using test::token_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view good_header = R"({"alg":"ES256","kid":"k1","typ":"JWT"})";

std::string at(std::int64_t offset) { return std::to_string(unix_seconds(now) + offset); }
std::string claims(const std::string& more = "") {
  return R"({"sub":"spiffe://a.test/web","aud":["reports"],"exp":)" + at(300) + more + "}";
}

Bundle bundle() {
  Bundle made(test::domain("a.test"));
  made.jwt_authorities = {{"k0", test::other_key().public_key()}, {"k1", key_of(KeyType::ec_p256).public_key()}};
  return made;
}

std::vector<std::string> codes_of(const Violations& violations) {
  std::vector<std::string> codes;
  for (const Violation& violation : violations) {
    EXPECT_FALSE(violation.message.empty());
    EXPECT_NE(what_to_do(violation.code), "") << violation.code;
    codes.push_back(violation.code);
  }
  return codes;
}

std::vector<std::string> codes(std::string_view token, const Bundle& with = bundle(),
                               const std::string& audience = "reports") {
  return codes_of(examine_jwt_svid(token, &with, {.audience = audience, .now = now}).violations);
}

TEST(JwtInspection, OfAGoodTokenFindsNothing) {
  const Bundle with = bundle();
  const JwtInspection found =
      examine_jwt_svid(token_of(good_header, claims(",\"iat\":" + at(-5))), &with, {.audience = "reports", .now = now});

  EXPECT_EQ(found.summary, "a JWT-SVID of the trust domain a.test");
  EXPECT_THAT(found.violations, IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
  EXPECT_EQ(found.subject->str(), "spiffe://a.test/web");
  EXPECT_EQ(found.algorithm + " " + found.key_id, "ES256 k1");
  EXPECT_EQ(found.issued_at, now - std::chrono::seconds(5));
}

TEST(JwtInspection, TellsEveryViolationAtOnce) {
  const std::string token = token_of(R"({"alg":"HS256","typ":"at+jwt","crit":["x"],"kid":7})",
                                     R"({"sub":"web","aud":[],"exp":"soon","nbf":"now","iat":true})");

  EXPECT_THAT(codes(token), ElementsAre("alg", "crit", "typ", "kid", "sub", "aud", "exp", "nbf", "iat"));
}

TEST(JwtInspection, JudgesAudienceTimeAndSignatureTogether) {
  const std::string late = R"({"sub":"spiffe://a.test/web","aud":"db","exp":)" + at(0) + ",\"nbf\":" + at(9) + "}";

  EXPECT_THAT(codes(token_of(R"({"alg":"ES256","kid":"k0"})", late)),
              ElementsAre("wrong_audience", "expired", "not_yet_valid", "wrong_signature"));
}

// JS-2: what has no algorithm and no signature is shown all the same, as what it is.
TEST(JwtInspection, ReadsATokenOfAlgorithmNone) {
  const std::string token =
      base64url_encode(as_bytes(R"({"alg":"none"})")) + "." + base64url_encode(as_bytes(claims())) + ".";

  const JwtInspection found = inspect_jwt_svid(token);

  EXPECT_THAT(codes_of(found.violations), ElementsAre("signature_missing", "alg"));
  EXPECT_EQ(found.subject->str(), "spiffe://a.test/web");
  EXPECT_EQ(found.algorithm, "none");
}

// JS-8
TEST(JwtInspection, TellsWhyNoKeyOfTheBundleFits) {
  EXPECT_THAT(codes(token_of(R"({"alg":"ES256","kid":"k9"})", claims())), ElementsAre("unknown_key"));
  EXPECT_THAT(codes(token_of(R"({"alg":"RS256","kid":"k1"})", claims())), ElementsAre("alg_of_another_key"));
  EXPECT_THAT(codes(token_of(good_header, claims()), Bundle(test::domain("a.test"))), ElementsAre("no_jwt_authority"));
  EXPECT_THAT(codes(token_of(good_header, claims()), Bundle(test::domain("b.test"))), ElementsAre("no_bundle"));
}

TEST(JwtInspection, ReadsAsMuchAsThereIs) {
  const std::string header = base64url_encode(as_bytes(good_header)), payload = base64url_encode(as_bytes(claims()));

  EXPECT_THAT(codes("garbage"), ElementsAre("serialization"));
  EXPECT_THAT(codes(std::string(70'000, 'a')), ElementsAre("token_too_large"));
  EXPECT_THAT(codes("!." + payload + ".AAAA"), ElementsAre("base64url"));
  EXPECT_THAT(codes(header + ".e30=.!"), ElementsAre("base64url", "base64url"));
  EXPECT_THAT(codes(header + "." + base64url_encode(as_bytes("[1]")) + ".AAAA"), ElementsAre("json"));
  EXPECT_EQ(inspect_jwt_svid("!." + payload + ".AAAA").subject->str(), "spiffe://a.test/web");
  EXPECT_EQ(inspect_jwt_svid("garbage").summary, "not a JWT-SVID: its claims cannot be read");
}

TEST(JwtInspection, SaysWhatATokenOfAnotherKindIs) {
  EXPECT_EQ(inspect_jwt_svid(token_of(good_header, R"({"sub":"alice@\u001b[2J","aud":"x","exp":1})")).summary,
            R"(a JWT without a SPIFFE ID; its subject is "alice@\u001b[2J")");
  EXPECT_EQ(inspect_jwt_svid(token_of(R"({"alg":"ES256","typ":"wit+jwt"})", claims())).summary,
            "a WIT-SVID; not a JWT-SVID");
}

TEST(JwtInspection, NotesWhatValidatorsLetPass) {
  const JwtInspection found = inspect_jwt_svid(token_of(R"({"alg":"ES256","jku":"https://x/","x5c":[]})",
                                                        R"({"sub":"spiffe://a.test/web","aud":["a","b"],"exp":5})"));

  EXPECT_THAT(found.violations, IsEmpty());
  EXPECT_THAT(codes_of(found.notes), ElementsAre("header_member", "several_audiences"));
  EXPECT_THAT(found.notes[0].message, HasSubstr("\"jku\", \"x5c\""));
}

// The two must never disagree, and tell the same thing first.
TEST(JwtInspection, RefusesExactlyWhatValidationRefuses) {
  const Bundle with = bundle();
  const JwtValidation wanted{.audience = "reports", .now = now};
  std::vector<std::string> tokens = {"", "a.b", "a.b.c", "a..c", ".."};
  for (const char* header :
       {R"({"alg":"ES256","kid":"k1"})", R"({"alg":"ES256"})", R"({"alg":"ES384","kid":"k1"})", R"({"alg":"none"})",
        R"({"alg":"ES256","typ":"x"})", R"({"alg":"ES256","crit":[]})", R"({"alg":"ES256","kid":""})", "[]", "{"})
    for (const std::string& payload :
         {claims(), claims(",\"nbf\":" + at(1)), claims(",\"nbf\":null"), claims(",\"aud\":1"), std::string("{}"),
          std::string("x"), R"({"sub":"spiffe://b.test/x","aud":"reports","exp":)" + at(9) + "}",
          R"({"sub":"spiffe://a.test","aud":"db","exp":)" + at(9) + "}",
          R"({"sub":"spiffe://a.test/web","aud":["db","reports"],"exp":)" + at(0) + "}"})
      tokens.push_back(token_of(header, payload));
  int accepted = 0;
  for (const std::string& token : tokens) {
    const Result<UnverifiedJwt> parsed = parse_jwt_svid(token);
    const bool good = parsed && verify_jwt_svid(*parsed, with, wanted);
    accepted += good ? 1 : 0;
    EXPECT_EQ(examine_jwt_svid(token, &with, wanted).violations.empty(), good) << token;
    const Violations form = inspect_jwt_svid(token).violations;
    EXPECT_EQ(form.empty(), parsed.has_value()) << token;
    if (!parsed && !form.empty()) {
      EXPECT_EQ(parsed.error().message(), "JWT-SVID: " + form.front().message);
    }
  }
  EXPECT_EQ(accepted, 2);
}

}  // namespace
}  // namespace entente::spiffe
