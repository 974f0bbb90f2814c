// Reading bundles: checklist TB. Trust Domain and Bundle 4, X509-SVID 6.2, JWT-SVID 6.2, WIT-SVID 6.
#include "common/spiffe/bundle_json.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using nlohmann::json;
using test::domain;
using test::key_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

json key_members(KeyType type) {
  const auto parameters = key_of(type).public_key().parameters();
  if (const auto* rsa = std::get_if<crypto::RsaParameters>(&parameters))
    return {{"kty", "RSA"}, {"n", base64url_encode(rsa->n)}, {"e", base64url_encode(rsa->e)}};
  const auto& ec = std::get<crypto::EcParameters>(parameters);
  return {{"kty", "EC"}, {"crv", ec.crv}, {"x", base64url_encode(ec.x)}, {"y", base64url_encode(ec.y)}};
}

json jwt_jwk(const std::string& kid, KeyType type = KeyType::ec_p256, const std::string& use = "jwt-svid") {
  json jwk = key_members(type);
  jwk["use"] = use;
  jwk["kid"] = kid;
  return jwk;
}

json x509_jwk(const crypto::Certificate& certificate) {
  json jwk = key_members(KeyType::ec_p256);
  jwk["use"] = "x509-svid";
  jwk["x5c"] = {base64_encode(certificate.der())};
  return jwk;
}

json without(json object, const char* member) {
  object.erase(member);
  return object;
}

json with(json object, const char* member, const json& value) {
  object[member] = value;
  return object;
}

Result<ParsedBundle> parse(const json& document) { return parse_bundle(domain("a.test"), document.dump()); }

// A vector, because json({x}) of one json value is x and not an array.
using Keys = std::vector<json>;

ParsedBundle read_keys(const Keys& keys) {
  auto parsed = parse({{"keys", keys}});
  EXPECT_TRUE(parsed) << parsed.error().message();
  return *parsed;
}

std::string refusal(const Result<ParsedBundle>& parsed) {
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code(), Errc::schema);
  return parsed.error().message();
}
std::string refusal_of_keys(const Keys& keys) { return refusal(parse({{"keys", keys}})); }

TEST(BundleJson, ReadsKeysOfEveryUseAndKind) {
  const auto root = test::root_of("a.test");

  const ParsedBundle parsed =
      read_keys({x509_jwk(root), jwt_jwk("rsa", KeyType::rsa_2048), jwt_jwk("p384", KeyType::ec_p384),
                 jwt_jwk("p521", KeyType::ec_p521), jwt_jwk("w", KeyType::ec_p256, "wit-svid")});

  EXPECT_THAT(parsed.ignored, IsEmpty());
  EXPECT_EQ(parsed.bundle.trust_domain.name(), "a.test");
  EXPECT_THAT(parsed.bundle.x509_authorities, ElementsAre(root));
  ASSERT_THAT(parsed.bundle.jwt_authorities, SizeIs(3));
  EXPECT_EQ(parsed.bundle.jwt_authorities[0].key_id, "rsa");
  EXPECT_EQ(parsed.bundle.jwt_authorities[0].key, key_of(KeyType::rsa_2048).public_key());
  EXPECT_EQ(parsed.bundle.jwt_authorities[2].key, key_of(KeyType::ec_p521).public_key());
  ASSERT_THAT(parsed.bundle.wit_authorities, SizeIs(1));
  EXPECT_EQ(parsed.bundle.wit_authorities[0].key_id, "w");
}

// TB-1
TEST(BundleJson, NeedsAndMindsNoMemberThatTheStandardDoesNotDefine) {
  const auto parsed = parse({{"keys", Keys{with(jwt_jwk("k"), "alg", "nonsense")}}, {"vendor", {{"x", nullptr}}}});

  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->bundle.jwt_authorities, SizeIs(1));
  EXPECT_FALSE(parsed->bundle.sequence);
  EXPECT_FALSE(parsed->bundle.refresh_hint);
}

// TB-2, TB-3
TEST(BundleJson, ReadsSequenceAndHint) {
  const auto parsed =
      parse({{"keys", json::array()}, {"spiffe_sequence", 18446744073709551615U}, {"spiffe_refresh_hint", 300}});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->bundle.sequence, 18446744073709551615U);
  EXPECT_EQ(parsed->bundle.refresh_hint, std::chrono::minutes(5));
}

// TB-14
TEST(BundleJson, RefusesASequenceOrHintThatIsNoIntegerInRange) {
  for (const char* name : {"spiffe_sequence", "spiffe_refresh_hint"})
    for (const char* value : {"-1", "1.5", "1.0", "\"1\"", "null", "18446744073709551616", "1e3", "[]", "{}", "true"}) {
      const std::string text = R"({"keys":[],")" + std::string(name) + "\":" + value + "}";

      EXPECT_THAT(refusal(parse_bundle(domain("a.test"), text)), HasSubstr(name)) << text;
    }
}

// TB-14
// A stranger decides how many keys there are, and each costs time.
TEST(BundleJson, RefusesMoreKeysThanAnyBundleHas) {
  const auto with_keys = [](std::size_t count) {
    std::string document = "{\"keys\":[";
    for (std::size_t i = 0; i < count; ++i) document += i == 0 ? "{}" : ",{}";
    return document + "]}";
  };

  const auto most = parse_bundle(*TrustDomain::parse("b.test"), with_keys(max_keys));
  const auto over = parse_bundle(*TrustDomain::parse("b.test"), with_keys(max_keys + 1));

  EXPECT_TRUE(most);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code(), Errc::too_large);
}

TEST(BundleJson, RefusesAnAbsurdHint) {
  const json base = {{"keys", json::array()}};

  EXPECT_TRUE(parse(with(base, "spiffe_refresh_hint", 0)));
  EXPECT_TRUE(parse(with(base, "spiffe_refresh_hint", 315'360'000)));
  EXPECT_THAT(refusal(parse(with(base, "spiffe_refresh_hint", 315'360'001))), HasSubstr("spiffe_refresh_hint"));
  EXPECT_THAT(refusal(parse(with(base, "spiffe_refresh_hint", 18446744073709551615U))), HasSubstr("ten years"));
}

// TB-4
TEST(BundleJson, RefusesADocumentWithoutKeys) {
  EXPECT_THAT(refusal(parse({{"spiffe_sequence", 1}})), HasSubstr("keys: missing"));
  for (const json& keys : {json(nullptr), json::object(), json(""), json(1)})
    EXPECT_EQ(refusal(parse({{"keys", keys}})), "keys: must be an array");
  for (const json& document : {json::array(), json("x"), json(1), json(nullptr)})
    EXPECT_THAT(refusal(parse(document)), HasSubstr("JSON object"));
}

// TB-4, TB-6
TEST(BundleJson, ReadsNoKeysAndNoUsableKeysAsAnEmptyBundle) {
  EXPECT_TRUE(read_keys({}).bundle.empty());
  EXPECT_TRUE(read_keys({json{{"kty", "OKP"}, {"use", "x509-svid"}}}).bundle.empty());
}

// TB-5
TEST(BundleJson, IgnoresAKeyOfAnUnknownTypeOrUseAndKeepsTheRest) {
  const std::vector<json> unknown = {
      with(jwt_jwk("k"), "kty", "OKP"),   with(jwt_jwk("k"), "kty", "ec"),    with(jwt_jwk("k"), "kty", 1),
      without(jwt_jwk("k"), "kty"),       without(jwt_jwk("k"), "use"),       with(jwt_jwk("k"), "use", "JWT-SVID"),
      with(jwt_jwk("k"), "use", "sig"),   with(jwt_jwk("k"), "use", nullptr), with(jwt_jwk("k"), "use", "x509-svid "),
      with(jwt_jwk("k"), "crv", "P-192"),
  };
  for (const json& jwk : unknown) {
    const ParsedBundle parsed = read_keys({jwt_jwk("good-1"), jwk, jwt_jwk("good-2")});

    EXPECT_THAT(parsed.bundle.jwt_authorities, SizeIs(2)) << jwk;
    EXPECT_THAT(parsed.ignored, ElementsAre(testing::StartsWith("keys[1]: "))) << jwk;
  }
}

// TB-5: whatever else such a key holds is not looked at.
TEST(BundleJson, LooksAtNothingElseInAKeyItIgnores) {
  const json garbled = {{"kty", "EC"}, {"use", "future-svid"}, {"x", 7}, {"x5c", "x"}, {"kid", {1}}};

  EXPECT_THAT(read_keys({garbled}).ignored, ElementsAre("keys[0]: unknown use \"future-svid\""));
}

// RFC 7517 5: members missing, values out of range.
TEST(BundleJson, IgnoresAKeyWithMissingMembersOrOutOfRange) {
  const Bytes short_modulus(128, 0xff);
  const json small = with(jwt_jwk("k", KeyType::rsa_2048), "n", base64url_encode(short_modulus));

  EXPECT_THAT(read_keys({without(jwt_jwk("k"), "x")}).ignored, ElementsAre("keys[0]: no x"));
  EXPECT_THAT(read_keys({without(jwt_jwk("k", KeyType::rsa_2048), "e")}).ignored, ElementsAre("keys[0]: no e"));
  EXPECT_THAT(read_keys({small}).ignored, ElementsAre(HasSubstr("1024 bits")));
}

TEST(BundleJson, RefusesTheDocumentForAGarbledKeyOfAKnownKind) {
  const auto p256 = jwt_jwk("k"), rsa = jwt_jwk("k", KeyType::rsa_2048);

  EXPECT_THAT(refusal_of_keys({json(7)}), HasSubstr("keys[0]: must be an object"));
  EXPECT_THAT(refusal_of_keys({json(nullptr)}), HasSubstr("keys[0]: must be an object"));
  EXPECT_THAT(refusal_of_keys({p256, with(p256, "x", "!")}), HasSubstr("keys[1]: x: base64"));
  EXPECT_THAT(refusal_of_keys({with(p256, "x", 7)}), HasSubstr("keys[0]: x: not a string"));
  EXPECT_THAT(refusal_of_keys({with(p256, "y", p256["x"])}), HasSubstr("keys[0]"));  // a point off the curve
  EXPECT_THAT(refusal_of_keys({with(p256, "x", "AQAB")}), HasSubstr("keys[0]"));     // too short a coordinate
  EXPECT_THAT(refusal_of_keys({with(rsa, "n", rsa["n"].get<std::string>() + "=")}), HasSubstr("keys[0]: n: base64"));
  EXPECT_THAT(refusal_of_keys({with(p256, "kid", 7)}), HasSubstr("keys[0].kid"));
}

// TB-12
TEST(BundleJson, IgnoresAnX509KeyWithoutACertificate) {
  const json jwk = x509_jwk(test::root_of("a.test"));

  const ParsedBundle parsed = read_keys({without(jwk, "x5c"), with(jwk, "x5c", json::array()), jwk});

  EXPECT_THAT(parsed.bundle.x509_authorities, SizeIs(1));
  EXPECT_THAT(parsed.ignored, ElementsAre("keys[0]: no x5c", "keys[1]: an empty x5c"));
}

// TB-12
TEST(BundleJson, UsesOnlyTheFirstCertificateOfAnEntry) {
  const auto first = test::root_of("a.test"), second = test::root_of("a.test");

  const ParsedBundle parsed =
      read_keys({with(x509_jwk(first), "x5c", {base64_encode(first.der()), base64_encode(second.der()), 7})});

  EXPECT_THAT(parsed.bundle.x509_authorities, ElementsAre(first));
}

// TB-12: the certificate is what counts, with a kid or without, and whatever the JWK's own parameters say.
TEST(BundleJson, ReadsAnX509KeyByItsCertificateAlone) {
  const auto root = test::root_of("a.test");
  const json bare = {{"kty", "EC"}, {"use", "x509-svid"}, {"x5c", {base64_encode(root.der())}}, {"kid", "x"}};

  EXPECT_THAT(read_keys({bare}).bundle.x509_authorities, ElementsAre(root));
}

// TB-12
TEST(BundleJson, TakesAnAuthorityWhoseOwnIdIsOfAnotherTrustDomain) {
  EXPECT_THAT(read_keys({x509_jwk(test::root_of("elsewhere.test"))}).bundle.x509_authorities, SizeIs(1));
}

TEST(BundleJson, RefusesTheDocumentForWhatIsNoCertificate) {
  const json jwk = x509_jwk(test::root_of("a.test"));
  const std::string good = jwk["x5c"][0];

  EXPECT_THAT(refusal_of_keys({with(jwk, "x5c", good)}), HasSubstr("keys[0].x5c: must be an array"));
  EXPECT_THAT(refusal_of_keys({with(jwk, "x5c", nullptr)}), HasSubstr("keys[0].x5c: must be an array"));
  EXPECT_THAT(refusal_of_keys({with(jwk, "x5c", {7})}), HasSubstr("keys[0].x5c[0]"));
  EXPECT_THAT(refusal_of_keys({with(jwk, "x5c", {"AAAA"})}), HasSubstr("keys[0].x5c[0]"));
  EXPECT_THAT(refusal_of_keys({with(jwk, "x5c", {"-_-_"})}), HasSubstr("keys[0].x5c[0]: base64"));  // base64url
  EXPECT_THAT(refusal_of_keys({with(jwk, "x5c", {good + "AAAA"})}), HasSubstr("keys[0].x5c[0]"));
}

TEST(BundleJson, TakesTheSameAuthorityOnce) {
  const json x509 = x509_jwk(test::root_of("a.test"));

  const ParsedBundle parsed = read_keys({x509, jwt_jwk("k"), x509, jwt_jwk("k")});

  EXPECT_THAT(parsed.bundle.x509_authorities, SizeIs(1));
  EXPECT_THAT(parsed.bundle.jwt_authorities, SizeIs(1));
}

// RFC 7517 4.5
TEST(BundleJson, KeepsDifferentJwtKeysOfOneKeyId) {
  EXPECT_THAT(read_keys({jwt_jwk("k"), jwt_jwk("k", KeyType::ec_p384)}).bundle.jwt_authorities, SizeIs(2));
}

// TB-13
TEST(BundleJson, IgnoresAJwtOrWitKeyWithoutAKeyId) {
  const ParsedBundle parsed = read_keys({without(jwt_jwk("k"), "kid"), jwt_jwk(""), jwt_jwk("good"),
                                         without(jwt_jwk("k", KeyType::ec_p256, "wit-svid"), "kid")});

  EXPECT_THAT(parsed.bundle.jwt_authorities, SizeIs(1));
  EXPECT_THAT(parsed.bundle.wit_authorities, IsEmpty());
  EXPECT_THAT(parsed.ignored, ElementsAre("keys[0]: no kid", "keys[1]: no kid", "keys[3]: no kid"));
}

// TB-13
TEST(BundleJson, RefusesAWitKeyIdThatOccursTwice) {
  const json wit = jwt_jwk("same", KeyType::ec_p256, "wit-svid"), jwt = jwt_jwk("same", KeyType::ec_p384);

  EXPECT_THAT(refusal_of_keys({wit, wit}), HasSubstr("\"same\""));
  EXPECT_THAT(refusal_of_keys({wit, jwt}), HasSubstr("\"same\""));
  EXPECT_THAT(refusal_of_keys({jwt, wit}), HasSubstr("\"same\""));
}

TEST(BundleJson, ReportsAPublishedPrivateKeyAndReadsThePublicOne) {
  const ParsedBundle parsed = read_keys({with(jwt_jwk("k"), "d", "AAAA")});

  EXPECT_THAT(parsed.bundle.jwt_authorities, SizeIs(1));
  EXPECT_THAT(parsed.ignored, ElementsAre(HasSubstr("private key")));
}

// TB-10, TB-14
TEST(BundleJson, RefusesWhatIsNotStrictJson) {
  for (const char* text :
       {R"({"keys":[],"keys":[]})", R"({"keys":[{"kty":"x","kty":"x"}]})", "\xef\xbb\xbf{\"keys\":[]}",
        R"({"keys":[]}x)", "{\"keys\":[],\"x\":\"\xff\"}", "", "<html>"}) {
    const auto parsed = parse_bundle(domain("a.test"), text);

    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), Errc::syntax) << text;
  }
}

// WA-9 as a client meets it: SPIRE's sets carry no `use`.
TEST(JwtKeySet, CountsAKeyWithoutUseAsAJwtKeyAndTakesNoOthers) {
  const json document = {{"keys",
                          {without(jwt_jwk("plain"), "use"), jwt_jwk("named"), x509_jwk(test::root_of("a.test")),
                           jwt_jwk("wit", KeyType::ec_p256, "wit-svid"), jwt_jwk("sig", KeyType::ec_p256, "sig")}}};

  const auto parsed = parse_jwt_key_set(domain("a.test"), document.dump());

  ASSERT_TRUE(parsed);
  ASSERT_THAT(parsed->bundle.jwt_authorities, SizeIs(2));
  EXPECT_EQ(parsed->bundle.jwt_authorities[0].key_id, "plain");
  EXPECT_THAT(parsed->bundle.x509_authorities, IsEmpty());
  EXPECT_THAT(parsed->bundle.wit_authorities, IsEmpty());
  EXPECT_THAT(parsed->ignored, SizeIs(3));
}

TEST(BundleFile, IsPemOrSpiffeFormatByItsContent) {
  const auto root = test::root_of("a.test");
  const std::string pem = "a comment\n" + root.pem() + root.pem();
  const std::string with_mark = json{{"keys", Keys{x509_jwk(root)}}, {"note", "-----BEGIN CERTIFICATE-----"}}.dump();

  const auto from_pem = parse_bundle_file(domain("a.test"), pem);
  const auto from_json = parse_bundle_file(domain("a.test"), " \n" + with_mark);

  ASSERT_TRUE(from_pem) << from_pem.error().message();
  EXPECT_THAT(from_pem->bundle.x509_authorities, ElementsAre(root));
  ASSERT_TRUE(from_json) << from_json.error().message();
  EXPECT_THAT(from_json->bundle.x509_authorities, ElementsAre(root));
  EXPECT_FALSE(parse_bundle_file(domain("a.test"), "neither"));
  EXPECT_FALSE(parse_bundle_file(domain("a.test"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

TEST(BundleFile, IsWrittenAsPemForPeople) {
  const Bundle bundle = test::bundle_of("a.test", {test::root_of("a.test"), test::root_of("a.test")});

  const auto read = parse_pem_bundle(domain("a.test"), write_pem_bundle(bundle));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->bundle.x509_authorities, bundle.x509_authorities);
}

}  // namespace
}  // namespace entente::spiffe
