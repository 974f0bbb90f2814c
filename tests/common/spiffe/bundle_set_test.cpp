// Bundle maps: checklist TB-9 to TB-11. Trust Domain and Bundle 5.
#include "common/spiffe/bundle_set.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using test::domain;
using testing::HasSubstr;

BundlePtr bundle_for(std::string_view name) {
  Bundle bundle = test::bundle_of(name, {test::root_of(name)});
  bundle.sequence = 7;
  bundle.refresh_hint = std::chrono::minutes(5);
  return std::make_shared<const Bundle>(bundle);
}

TEST(BundleSet, KeepsEachTrustDomainsKeysApart) {
  const BundleSet set = {{domain("a.test"), bundle_for("a.test")}, {domain("b.test"), bundle_for("b.test")}};

  const auto read = parse_bundle_set(write_bundle_set(set));

  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->bundles.size(), 2U);
  for (const auto& [name, bundle] : set) {
    EXPECT_EQ(read->bundles.at(name)->trust_domain, name);
    EXPECT_TRUE(same_authorities(*read->bundles.at(name), *bundle));
    EXPECT_EQ(read->bundles.at(name)->sequence, 7U);
  }
}

// TB-9
TEST(BundleSet, MayBeEmptyButNotMissing) {
  EXPECT_TRUE(parse_bundle_set(R"({"trust_domains":{}})").value().bundles.empty());
  EXPECT_EQ(write_bundle_set({}), R"({"trust_domains":{}})");
  for (const char* text : {"{}", R"({"trust_domains":null})", R"({"trust_domains":[]})", "[]"})
    EXPECT_EQ(parse_bundle_set(text).error().code(), Errc::schema) << text;
}

// TB-10
TEST(BundleSet, RefusesATrustDomainThatOccursTwice) {
  const auto read = parse_bundle_set(R"({"trust_domains":{"a.test":{"keys":[]},"a.test":{"keys":[]}}})");

  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("duplicate name \"a.test\""));
}

// TB-11
TEST(BundleSet, WritesNoHintsAndActsOnNone) {
  EXPECT_THAT(write_bundle_set({{domain("a.test"), bundle_for("a.test")}}), testing::Not(HasSubstr("refresh_hint")));

  const auto read = parse_bundle_set(R"({"trust_domains":{"a.test":{"keys":[],"spiffe_refresh_hint":60}}})");

  ASSERT_TRUE(read);
  EXPECT_FALSE(read->bundles.at(domain("a.test"))->refresh_hint);
}

TEST(BundleSet, NamesTheTrustDomainAtFault) {
  const auto bad_bundle = parse_bundle_set(R"({"trust_domains":{"a.test":{"keys":[]},"b.test":{"keys":null}}})");
  const auto bad_name = parse_bundle_set(R"({"trust_domains":{"A.test":{"keys":[]}}})");
  const auto ignored = parse_bundle_set(R"({"trust_domains":{"a.test":{"keys":[{"kty":"OKP"}]}}})");

  EXPECT_THAT(bad_bundle.error().message(), HasSubstr("trust_domains.\"b.test\": keys"));
  EXPECT_THAT(bad_name.error().message(), HasSubstr("\"A.test\""));
  EXPECT_THAT(ignored.value().ignored, testing::ElementsAre("trust_domains.\"a.test\": keys[0]: unknown kty \"OKP\""));
}

TEST(BundleDocument, IsABundleAMapOrPemByItsContent) {
  const BundlePtr bundle = bundle_for("a.test");
  const auto read = [](const std::string& content) { return parse_bundle_document(domain("a.test"), content).value(); };
  const crypto::Certificate root = bundle->x509_authorities.at(0);

  EXPECT_EQ(read(write_bundle(*bundle)).bundles.at(domain("a.test"))->sequence, 7U);
  EXPECT_FALSE(read(write_bundle(*bundle)).map);
  EXPECT_TRUE(read(write_bundle_set({{domain("b.test"), bundle_for("b.test")}})).map);
  EXPECT_EQ(read(write_bundle_set({{domain("b.test"), bundle_for("b.test")}})).bundles.count(domain("a.test")), 0U);
  EXPECT_EQ(read(root.pem()).bundles.at(domain("a.test"))->x509_authorities.size(), 1U);
  EXPECT_EQ(read(std::string(as_text(root.der()))).bundles.at(domain("a.test"))->x509_authorities.size(), 1U);
}

// WA-9: for looking at tokens alone, never for a bundle that is taken from a peer.
TEST(BundleDocument, MayBeAKeySetWithoutUses) {
  const std::string keys = test::read_data("go-spiffe/jwks_valid_2.json");

  const BundleDocument read = parse_bundle_document(domain("a.test"), keys).value();

  EXPECT_TRUE(read.without_use);
  EXPECT_EQ(read.bundles.at(domain("a.test"))->jwt_authorities.size(), 2U);
  EXPECT_FALSE(parse_bundle_document(domain("a.test"), R"({"keys":[]})").value().without_use);
}

TEST(BundleDocument, SaysWhatItIsInstead) {
  const auto refusal = [](std::string_view content) {
    const auto read = parse_bundle_document(domain("a.test"), content);
    return read ? "read" : read.error().message();
  };
  EXPECT_THAT(refusal("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"), HasSubstr("entente bundle import"));
  EXPECT_THAT(refusal(""), HasSubstr("it is empty"));
  EXPECT_THAT(refusal("garbage"), HasSubstr("no bundle in SPIFFE format, bundle map or PEM"));
  EXPECT_THAT(refusal("{}"), HasSubstr("keys: missing"));
}

}  // namespace
}  // namespace entente::spiffe
