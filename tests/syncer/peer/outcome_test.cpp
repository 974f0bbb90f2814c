#include "syncer/peer/outcome.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using test::must;
using test::TestAuthority;
using testing::HasSubstr;

const Time now = from_unix_seconds(1'800'000'000);

trust::Relationship with_profile(trust::EndpointProfile profile) {
  return {domain("b.test"), {must(trust::EndpointUrl::parse("https://b.example/"))}, std::move(profile), nullptr};
}

trust::Relationship with_id(std::string_view id) {
  return with_profile(trust::HttpsSpiffe{must(spiffe::SpiffeId::parse(id))});
}

trust::Snapshot holding(std::vector<spiffe::Bundle> bundles) {
  trust::Snapshot snapshot;
  for (spiffe::Bundle& bundle : bundles) {
    trust::BundleRecord record;
    record.bundle = std::make_shared<const spiffe::Bundle>(std::move(bundle));
    snapshot.records.push_back(std::make_shared<const trust::BundleRecord>(std::move(record)));
  }
  return snapshot;
}

// FC-4: nothing but the URL is needed.
TEST(AnchorsFor, HttpsWebAreItsRoots) {
  const auto roots = TestAuthority("b.test", now).roots();

  const std::vector<trust::KeyPin> pins = {trust::KeyPin::of((*roots)[0])};
  const auto own_roots = anchors_for(with_profile(trust::HttpsWeb{roots, pins}), {});
  const auto system_roots = anchors_for(with_profile(trust::HttpsWeb{}), {});

  EXPECT_EQ(std::get<WebAnchors>(own_roots.value()).roots, roots);
  EXPECT_EQ(std::get<WebAnchors>(own_roots.value()).pins, pins);
  EXPECT_EQ(std::get<WebAnchors>(system_roots.value()).roots, nullptr);
}

// FC-9, FC-14: the bundle is that of the endpoint ID's trust domain, whatever the relationship's is.
TEST(AnchorsFor, HttpsSpiffeAreTheBundleOfTheEndpointIdsOwnTrustDomain) {
  const TestAuthority b("b.test", now), c("c.test", now);
  const trust::Snapshot snapshot = holding({b.bundle(), c.bundle()});

  const auto self_serving = anchors_for(with_id("spiffe://b.test/entente"), snapshot);
  const auto by_another = anchors_for(with_id("spiffe://c.test/entente"), snapshot);

  EXPECT_EQ(std::get<SpiffeAnchors>(self_serving.value()).bundle, snapshot.records[0]->bundle);
  EXPECT_EQ(std::get<SpiffeAnchors>(by_another.value()).bundle, snapshot.records[1]->bundle);
}

TEST(AnchorsFor, NamesWhatIsMissing) {
  const auto own = anchors_for(with_id("spiffe://b.test/entente"), {});
  const auto other = anchors_for(with_id("spiffe://c.test/entente"), {});
  const auto revoked = anchors_for(with_id("spiffe://b.test/entente"), holding({spiffe::Bundle(domain("b.test"))}));

  EXPECT_EQ(own.error().code(), Errc::no_bootstrap_bundle);
  EXPECT_THAT(own.error().message(), HasSubstr("give this relationship a bootstrap bundle of b.test"));
  EXPECT_EQ(other.error().code(), Errc::no_bootstrap_bundle);
  EXPECT_THAT(other.error().message(), HasSubstr("no bundle of c.test is held; federate with it too"));
  EXPECT_EQ(revoked.error().code(), Errc::no_bootstrap_bundle);
  EXPECT_THAT(revoked.error().message(), HasSubstr("has no X.509 authority"));
}

TEST(ReadDocument, TellsAnHtmlPageFromABrokenBundle) {
  const auto page = read_document(domain("b.test"), "\n<!DOCTYPE html><html></html>");
  const auto empty = read_document(domain("b.test"), "");
  const auto garbage = read_document(domain("b.test"), "{\"keys\":[");

  EXPECT_EQ(page.error().code(), Errc::syntax);
  EXPECT_THAT(page.error().message(), HasSubstr("the answer is not JSON; it begins with '<'"));
  EXPECT_EQ(empty.error().code(), Errc::syntax);
  EXPECT_THAT(empty.error().message(), HasSubstr("empty"));
  EXPECT_EQ(garbage.error().code(), Errc::syntax);
}

// TB-4
TEST(ReadDocument, TellsMissingKeysFromNoKeys) {
  const auto missing = read_document(domain("b.test"), "{}");
  const auto null = read_document(domain("b.test"), "{\"keys\":null}");
  const auto none = read_document(domain("b.test"), "{\"keys\":[]}");

  EXPECT_EQ(missing.error().code(), Errc::schema);
  EXPECT_EQ(null.error().code(), Errc::schema);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->bundle.empty());
}

// FC-15
TEST(ReadDocument, GivesTheBundleTheRelationshipsTrustDomain) {
  const auto parsed = read_document(domain("b.test"), spiffe::write_bundle(TestAuthority("c.test", now).bundle(1)));

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->bundle.trust_domain, domain("b.test"));
}

TEST(Attempts, CountFailuresUntilASuccess) {
  const Error refused(Errc::connect, "refused");
  const trust::Attempts once = after_failure({}, now, refused);
  const trust::Attempts twice = after_failure(once, now, refused);
  const trust::Attempts well = after_success(twice, now, now, "https://b.example/");

  EXPECT_EQ(once.consecutive_failures, 1U);
  EXPECT_EQ(twice.consecutive_failures, 2U);
  EXPECT_EQ(twice.last_error, refused);
  EXPECT_FALSE(twice.last_success);
  EXPECT_EQ(well.consecutive_failures, 0U);
  EXPECT_EQ(well.last_success, now);
  EXPECT_FALSE(well.last_error);
  EXPECT_EQ(well.served_by, "https://b.example/");
}

TEST(AllFailed, HasTheFirstUrlsCodeAndEachUrlsReason) {
  const std::vector<trust::EndpointUrl> urls = {must(trust::EndpointUrl::parse("https://b1.example/")),
                                                must(trust::EndpointUrl::parse("https://b2.example/"))};
  const Error refused(Errc::connect, "refused"), late(Errc::timeout, "late");

  EXPECT_EQ(all_failed(urls, {refused, late}),
            Error(Errc::connect, "https://b1.example/: refused; https://b2.example/: late"));
  EXPECT_EQ(all_failed({urls[0]}, {late}), late);
}

TEST(Attempts, AreLoggedWhenSomethingIsNewAndNowAndThen) {
  const Error refused(Errc::connect, "refused"), late(Errc::timeout, "late");
  trust::Attempts failing = after_failure({}, now, refused);

  EXPECT_TRUE(worth_logging({}, refused));
  EXPECT_FALSE(worth_logging(failing, refused));
  EXPECT_TRUE(worth_logging(failing, late));
  failing.consecutive_failures = 9;
  EXPECT_TRUE(worth_logging(failing, refused));
}

// FC-2: URL, profile and trust domain each count.
TEST(SameRelationship, ComparesWhatPollingDependsOn) {
  const TestAuthority b("b.test", now);
  const trust::Relationship base = with_profile(trust::HttpsWeb{});
  const auto differs = [&](auto&& change) {
    trust::Relationship other = base;
    change(other);
    return !same_relationship(base, other);
  };

  EXPECT_FALSE(differs([](auto&) {}));
  EXPECT_FALSE(differs([](auto& other) { other.source = trust::RelationshipSource::api; }));
  EXPECT_TRUE(
      differs([](auto& other) { other.endpoint_urls = {must(trust::EndpointUrl::parse("https://c.example/"))}; }));
  EXPECT_TRUE(differs([](auto& other) { other.endpoint_urls.push_back(other.endpoint_urls.front()); }));
  EXPECT_TRUE(differs(
      [](auto& other) { other.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse("spiffe://b.test/x"))}; }));
  EXPECT_TRUE(differs([&](auto& other) { other.profile = trust::HttpsWeb{b.roots(), {}}; }));
  EXPECT_TRUE(differs([&](auto& other) {
    other.profile = trust::HttpsWeb{nullptr, {trust::KeyPin::of(b.certificate())}};
  }));
  EXPECT_TRUE(differs([&](auto& other) { other.bootstrap_bundle = b.shared_bundle(); }));
  EXPECT_TRUE(differs([](auto& other) { other.sequence = trust::SequenceRule::strict; }));
  EXPECT_TRUE(differs([](auto& other) { other.policy = trust::ChangePolicy::approve; }));
  EXPECT_TRUE(differs([](auto& other) { other.allow_private_redirects = true; }));
}

}  // namespace
}  // namespace entente::syncer
