// Writing bundles: checklist TB. Trust Domain and Bundle 4, X509-SVID 6.1, JWT-SVID 6.1, WIT-SVID 6.1.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using nlohmann::json;
using test::key_of;
using testing::UnorderedElementsAre;

std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

Bundle full_bundle() {
  Bundle bundle = test::bundle_of("a.test", {test::root_of("a.test"), test::root_of("a.test")});
  bundle.jwt_authorities = {{"b", key_of(KeyType::rsa_2048).public_key()},
                            {"a", key_of(KeyType::ec_p521).public_key()}};
  bundle.wit_authorities = {{"w", key_of(KeyType::ec_p384).public_key()}};
  bundle.sequence = 18446744073709551615U;
  bundle.refresh_hint = std::chrono::minutes(5);
  return bundle;
}

TEST(BundleWriting, IsReadBackAsTheSameBundle) {
  const Bundle bundle = full_bundle();

  const auto read = parse_bundle(bundle.trust_domain, write_bundle(bundle));

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(read->ignored.empty());
  EXPECT_TRUE(same_authorities(read->bundle, bundle));
  EXPECT_EQ(read->bundle.sequence, bundle.sequence);
  EXPECT_EQ(read->bundle.refresh_hint, bundle.refresh_hint);
}

// TB-15
TEST(BundleWriting, MakesTheSameBytesOfTheSameContent) {
  const Bundle bundle = full_bundle();
  Bundle shuffled = bundle;
  std::reverse(shuffled.x509_authorities.begin(), shuffled.x509_authorities.end());
  std::reverse(shuffled.jwt_authorities.begin(), shuffled.jwt_authorities.end());
  shuffled.x509_authorities.push_back(shuffled.x509_authorities.front());

  EXPECT_EQ(write_bundle(bundle), write_bundle(shuffled));
  EXPECT_EQ(write_jwt_key_set(bundle), write_jwt_key_set(shuffled));
  EXPECT_EQ(write_bundle(parse_bundle(bundle.trust_domain, write_bundle(bundle))->bundle), write_bundle(bundle));
}

// TB-2, TB-3
TEST(BundleWriting, WritesSequenceAndHintAsIntegersWhereTheyAreSet) {
  const Bundle bundle = full_bundle();
  Bundle bare = bundle;
  bare.sequence.reset();
  bare.refresh_hint.reset();

  EXPECT_THAT(write_bundle(bundle),
              testing::StartsWith(R"({"spiffe_sequence":18446744073709551615,"spiffe_refresh_hint":300,"keys":[)"));
  EXPECT_THAT(names_of(json::parse(write_bundle(bare))), UnorderedElementsAre("keys"));
}

// TB-4, TB-8
TEST(BundleWriting, WritesAnEmptyBundleAsAnEmptyArray) {
  const Bundle empty(test::domain("a.test"));

  EXPECT_EQ(write_bundle(empty), R"({"keys":[]})");
  EXPECT_EQ(write_jwt_key_set(empty), R"({"keys":[]})");
}

// TB-7, TB-8, TB-12, TB-13
TEST(BundleWriting, WritesTheMembersThatTheStandardDefinesAndNoOthers) {
  const json keys = json::parse(write_bundle(full_bundle())).at("keys");

  ASSERT_EQ(keys.size(), 5U);
  EXPECT_THAT(names_of(keys[0]), UnorderedElementsAre("kty", "use", "x5c", "crv", "x", "y"));
  EXPECT_EQ(keys[0]["use"], "x509-svid");
  EXPECT_EQ(keys[0]["x5c"].size(), 1U);
  EXPECT_EQ(keys[2]["kid"], "a");
  EXPECT_EQ(keys[2]["use"], "jwt-svid");
  EXPECT_THAT(names_of(keys[2]), UnorderedElementsAre("kty", "use", "kid", "crv", "x", "y"));
  EXPECT_THAT(names_of(keys[3]), UnorderedElementsAre("kty", "use", "kid", "n", "e"));
  EXPECT_EQ(keys[3]["e"], "AQAB");
  EXPECT_EQ(keys[4]["use"], "wit-svid");
  EXPECT_EQ(keys[4]["kid"], "w");
}

TEST(BundleWriting, LeavesUseAndOtherKeysOutOfAJwtKeySet) {
  const json document = json::parse(write_jwt_key_set(full_bundle()));

  EXPECT_THAT(names_of(document), UnorderedElementsAre("keys"));
  ASSERT_EQ(document["keys"].size(), 2U);
  EXPECT_THAT(names_of(document["keys"][0]), UnorderedElementsAre("kty", "kid", "crv", "x", "y"));
}

TEST(BundleWriting, EscapesKeyIds) {
  Bundle bundle(test::domain("a.test"));
  const std::string strange = "quote\" back\\slash \n \xc3\xa9";
  bundle.jwt_authorities = {{strange, key_of(KeyType::ec_p256).public_key()}};

  const auto read = parse_bundle(bundle.trust_domain, write_bundle(bundle));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->bundle.jwt_authorities.at(0).key_id, strange);
}

}  // namespace
}  // namespace entente::spiffe
