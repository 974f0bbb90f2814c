// Bundle maps: checklist TB-9 to TB-11. Trust Domain and Bundle 5.
#include "common/spiffe/bundle_set.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

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

}  // namespace
}  // namespace entente::spiffe
