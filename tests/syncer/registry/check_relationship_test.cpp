#include "syncer/registry/check_relationship.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using test::must;
using testing::HasSubstr;
using testing::StartsWith;
using trust::Relationship;

const Time now = from_unix_seconds(1'800'000'000);

trust::EndpointUrl url(const std::string& text) { return must(trust::EndpointUrl::parse(text)); }

Relationship good() { return {domain("b.test"), {url("https://b.example/")}, trust::HttpsWeb{}, nullptr}; }

struct Wrong {
  std::string field;
  std::function<void(Relationship&)> make;
};

TEST(CheckRelationship, NamesTheFieldThatIsWrong) {
  const auto other = test::TestAuthority("c.test", now).shared_bundle();
  const auto nothing = std::make_shared<const spiffe::Bundle>(domain("b.test"));
  const std::vector<Wrong> wrong = {
      {"trust_domain", [](Relationship& r) { r.trust_domain = domain("own.test"); }},
      {"bundle_endpoint_url", [](Relationship& r) { r.endpoint_urls.clear(); }},
      {"bundle_endpoint_url", [](Relationship& r) { r.endpoint_urls.push_back(r.endpoint_urls[0]); }},
      {"bundle_endpoint_url",
       [](Relationship& r) {
         for (int i = 0; i < 8; ++i) r.endpoint_urls.push_back(url("https://b" + std::to_string(i) + ".example/"));
       }},
      {"roots",
       [](Relationship& r) {
         r.profile = trust::HttpsWeb{std::make_shared<const std::vector<crypto::Certificate>>(), {}};
       }},
      {"pins",
       [](Relationship& r) {
         const auto pin = trust::KeyPin::of(test::TestAuthority("b.test", now).certificate());
         r.profile = trust::HttpsWeb{nullptr, std::vector<trust::KeyPin>(33, pin)};
       }},
      {"endpoint_spiffe_id",
       [](Relationship& r) { r.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse("spiffe://b.test"))}; }},
      {"trust_domain_bundle", [&](Relationship& r) { r.bootstrap_bundle = other; }},
      {"trust_domain_bundle", [&](Relationship& r) { r.bootstrap_bundle = nothing; }},
  };

  for (const Wrong& one : wrong) {
    Relationship relationship = good();
    one.make(relationship);
    const Status checked = check_relationship(relationship, domain("own.test"));
    ASSERT_FALSE(checked) << one.field;
    EXPECT_EQ(checked.error().code(), Errc::invalid_argument);
    EXPECT_THAT(checked.error().message(), StartsWith(one.field + ": "));
  }
}

TEST(CheckRelationship, TakesWhatCanBe) {
  Relationship several = good(), spiffe_one = good(), elsewhere = good();
  for (int i = 0; i < 7; ++i) several.endpoint_urls.push_back(url("https://b" + std::to_string(i) + ".example/"));
  spiffe_one.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse("spiffe://b.test/entente"))};
  elsewhere.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse("spiffe://c.test/for-b"))};

  EXPECT_TRUE(check_relationship(good(), domain("own.test")));
  EXPECT_TRUE(check_relationship(good(), std::nullopt));
  EXPECT_TRUE(check_relationship(several, domain("own.test")));
  EXPECT_TRUE(check_relationship(spiffe_one, domain("own.test"))) << "its bootstrap bundle may come later";
  EXPECT_TRUE(check_relationship(elsewhere, domain("own.test")));
}

}  // namespace
}  // namespace entente::syncer
