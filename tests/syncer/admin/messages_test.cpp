#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "spire/api/server/entry/v1/entry.pb.h"
#include "syncer/admin/bundle_messages.hpp"
#include "syncer/admin/call.hpp"
#include "syncer/admin/entry_filter.hpp"
#include "syncer/admin/entry_messages.hpp"
#include "syncer/admin/paging.hpp"
#include "syncer/admin/relationship_messages.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using test::must;
namespace types = spire::api::types;
namespace v1 = spire::api::server::entry::v1;

const Time now = from_unix_seconds(1'800'000'000);

spiffe::Bundle full_bundle() {
  spiffe::Bundle bundle = test::TestAuthority("b.test", now).bundle(7, std::chrono::seconds(60));
  bundle.jwt_authorities.push_back({"one", must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)).public_key()});
  bundle.wit_authorities.push_back({"two", must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)).public_key()});
  return bundle;
}

TEST(BundleMessages, CarryABundleThereAndBack) {
  const spiffe::Bundle bundle = full_bundle();

  const spiffe::Bundle read = must(bundle_from(to_message(bundle, nullptr), now));

  EXPECT_TRUE(same_authorities(read, bundle));
  EXPECT_EQ(read.trust_domain, bundle.trust_domain);
  EXPECT_EQ(read.sequence, bundle.sequence);
  EXPECT_EQ(read.refresh_hint, bundle.refresh_hint);
}

TEST(BundleMessages, TellWhatTheMaskNamesAndTheTrustDomain) {
  types::BundleMask mask;
  mask.set_jwt_authorities(true);

  const types::Bundle message = to_message(full_bundle(), &mask);

  EXPECT_EQ(message.trust_domain(), "b.test");
  EXPECT_EQ(message.jwt_authorities_size(), 1);
  EXPECT_EQ(message.x509_authorities_size() + message.wit_authorities_size(), 0);
  EXPECT_EQ(message.refresh_hint(), 0);
  EXPECT_EQ(message.sequence_number(), 0U);
}

TEST(BundleMessages, ChangeOnlyWhatTheMaskNames) {
  const spiffe::Bundle before = full_bundle();
  types::Bundle message;
  message.set_trust_domain("b.test");
  message.set_refresh_hint(30);
  message.set_sequence_number(9);
  types::BundleMask mask;
  mask.set_sequence_number(true);

  const spiffe::Bundle after = must(changed(before, message, &mask, now));

  EXPECT_TRUE(same_authorities(after, before));
  EXPECT_EQ(after.sequence, 9U);
  EXPECT_EQ(after.refresh_hint, before.refresh_hint);
}

// TB-13
TEST(BundleMessages, RefuseAWitKeyIdThatAJwtKeyHas) {
  types::Bundle message = to_message(full_bundle(), nullptr);
  message.mutable_wit_authorities(0)->set_key_id("one");

  const auto read = bundle_from(message, now);

  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), testing::HasSubstr("wit_authorities[0].key_id"));
}

TEST(RelationshipMessages, KeepTheFurtherUrlsWhenTheFirstIsTheSame) {
  const auto url = [](const char* text) { return must(trust::EndpointUrl::parse(text)); };
  trust::Relationship relationship{
      domain("b.test"), {url("https://one.example/"), url("https://two.example/")}, trust::HttpsWeb{}, nullptr};
  types::FederationRelationship same, other;
  same.set_bundle_endpoint_url("https://one.example/");
  same.mutable_https_web();
  other.set_bundle_endpoint_url("https://three.example/");
  other.mutable_https_web();

  EXPECT_EQ(must(changed(relationship, same, nullptr)).endpoint_urls, relationship.endpoint_urls);
  EXPECT_EQ(must(changed(relationship, other, nullptr)).endpoint_urls, std::vector{url("https://three.example/")});
}

TEST(RelationshipMessages, KeepWhatSpireHasNoWordsForUnlessTheProfileChanges) {
  const test::TestAuthority authority("b.test", now);
  trust::HttpsWeb web{authority.roots(), {trust::KeyPin::of(authority.certificate())}};
  trust::Relationship relationship{
      domain("b.test"), {must(trust::EndpointUrl::parse("https://b.example/"))}, web, nullptr};
  relationship.policy = trust::ChangePolicy::approve;
  relationship.sequence = trust::SequenceRule::strict;
  relationship.allow_private_redirects = true;
  types::FederationRelationship to_web, to_spiffe;
  to_web.set_bundle_endpoint_url("https://b.example/");
  to_web.mutable_https_web();
  to_spiffe.set_bundle_endpoint_url("https://b.example/");
  to_spiffe.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");

  const trust::Relationship stayed = must(changed(relationship, to_web, nullptr));
  const trust::Relationship turned = must(changed(relationship, to_spiffe, nullptr));

  EXPECT_EQ(std::get<trust::HttpsWeb>(stayed.profile).roots, web.roots);
  EXPECT_EQ(std::get<trust::HttpsWeb>(stayed.profile).pins, web.pins);
  EXPECT_EQ(std::get<trust::HttpsSpiffe>(turned.profile).endpoint_spiffe_id.str(), "spiffe://b.test/endpoint");
  for (const trust::Relationship& after : {stayed, turned}) {
    EXPECT_EQ(after.policy, trust::ChangePolicy::approve);
    EXPECT_EQ(after.sequence, trust::SequenceRule::strict);
    EXPECT_TRUE(after.allow_private_redirects);
  }
}

TEST(RelationshipMessages, ReadOnlyWhatTheInputMaskNames) {
  trust::Relationship relationship{
      domain("b.test"), {must(trust::EndpointUrl::parse("https://b.example/"))}, trust::HttpsWeb{}, nullptr};
  types::FederationRelationship message;
  message.set_trust_domain("b.test");
  message.set_bundle_endpoint_url("not a URL");
  message.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");
  types::FederationRelationshipMask mask;
  mask.set_bundle_endpoint_profile(true);

  const trust::Relationship after = must(changed(relationship, message, &mask));

  EXPECT_EQ(after.endpoint_urls, relationship.endpoint_urls);
  EXPECT_TRUE(std::holds_alternative<trust::HttpsSpiffe>(after.profile));
}

trust::RegistrationEntry entry_with(std::vector<trust::Selector> selectors,
                                    std::optional<std::vector<spiffe::TrustDomain>> federates_with = std::nullopt) {
  return {"an-id",
          must(spiffe::SpiffeId::parse("spiffe://own.test/web")),
          std::move(selectors),
          {},
          {},
          {},
          std::move(federates_with),
          ""};
}

TEST(EntryMessages, CarryAnEntryThereAndBack) {
  trust::RegistrationEntry entry = entry_with({{"unix", "uid:1000"}, {"unix", "gid:5"}}, {{domain("b.test")}});
  entry.x509_svid_ttl = std::chrono::minutes(5);
  entry.jwt_svid_ttl = std::chrono::minutes(1);
  entry.dns_names = {"web.example"};
  entry.hint = "internal";
  entry.parent_id = must(spiffe::SpiffeId::parse("spiffe://own.test/host"));

  EXPECT_EQ(must(entry_from(to_message(entry, nullptr))), entry);
}

TEST(EntryMessages, FederateANewEntryWithAllAndNeverWidenAnOldOne) {
  types::Entry message = to_message(entry_with({{"unix", "uid:1000"}}), nullptr);
  ASSERT_EQ(message.federates_with_size(), 0);

  const trust::RegistrationEntry created = must(entry_from(message));
  const trust::RegistrationEntry with_b = entry_with({{"unix", "uid:1000"}}, {{domain("b.test")}});
  const trust::RegistrationEntry narrowed = must(changed(with_b, message, nullptr));
  const trust::RegistrationEntry still_narrow = must(changed(narrowed, message, nullptr));

  EXPECT_EQ(created.federates_with, std::nullopt);
  EXPECT_EQ(must(changed(created, message, nullptr)).federates_with, std::nullopt);
  ASSERT_TRUE(narrowed.federates_with);
  EXPECT_TRUE(narrowed.federates_with->empty());
  ASSERT_TRUE(still_narrow.federates_with);
  EXPECT_TRUE(still_narrow.federates_with->empty());
}

struct MatchCase {
  std::vector<const char*> wanted;
  std::vector<const char*> held;
  bool exact, subset, superset, any;
};

TEST(EntryFilter, MatchesSetsAsSpireDoes) {
  const MatchCase cases[] = {
      {{"uid:1"}, {"uid:1"}, true, true, true, true},
      {{"uid:1", "gid:2"}, {"gid:2", "uid:1"}, true, true, true, true},
      {{"uid:1", "gid:2"}, {"uid:1"}, false, true, false, true},
      {{"uid:1"}, {"uid:1", "gid:2"}, false, false, true, true},
      {{"uid:1", "gid:3"}, {"uid:1", "gid:2"}, false, false, false, true},
      {{"uid:9"}, {"uid:1"}, false, false, false, false},
  };
  for (const MatchCase& row : cases) {
    std::vector<trust::Selector> held;
    for (const char* value : row.held) held.push_back({"unix", value});
    const bool expected[] = {row.exact, row.subset, row.superset, row.any};
    for (int match = 0; match < 4; ++match) {
      v1::ListEntriesRequest::Filter message;
      for (const char* value : row.wanted) {
        types::Selector& selector = *message.mutable_by_selectors()->add_selectors();
        selector.set_type("unix");
        selector.set_value(value);
      }
      message.mutable_by_selectors()->set_match(static_cast<types::SelectorMatch::MatchBehavior>(match));

      const EntryFilter filter = must(entry_filter_from(message));

      EXPECT_EQ(passes(entry_with(held), filter), expected[match]) << message.ShortDebugString();
    }
  }
}

TEST(EntryFilter, FindsByNameWhatFederates) {
  v1::CountEntriesRequest::Filter message;
  message.mutable_by_federates_with()->add_trust_domains("b.test");
  message.mutable_by_federates_with()->set_match(types::FederatesWithMatch::MATCH_ANY);

  const EntryFilter filter = must(entry_filter_from(message));

  EXPECT_TRUE(passes(entry_with({}, {{domain("a.test"), domain("b.test")}}), filter));
  EXPECT_FALSE(passes(entry_with({}, {{domain("a.test")}}), filter));
  EXPECT_FALSE(passes(entry_with({}, std::nullopt), filter));  // with everybody, and nobody by name
}

std::vector<std::string> page_of(const std::vector<std::string>& items, std::size_t size, std::string& token) {
  std::vector<std::string> told;
  const PageRequest page = must(parse_page("things", static_cast<std::int32_t>(size), token));
  token = each_of_page(
      "things", page, items, [](const std::string& item) { return item; },
      [&](const std::string& item) { told.push_back(item); });
  return told;
}

TEST(Paging, GoesOnAfterTheLastItemEvenWhereThatOneHasGone) {
  std::string token;
  const std::vector<std::string> first = page_of({"a", "c", "e", "g"}, 2, token);

  const std::vector<std::string> second = page_of({"a", "b", "d", "e", "g"}, 2, token);
  const std::vector<std::string> third = page_of({"a", "b", "d", "e", "g"}, 2, token);

  EXPECT_THAT(first, testing::ElementsAre("a", "c"));
  EXPECT_THAT(second, testing::ElementsAre("d", "e"));
  EXPECT_THAT(third, testing::ElementsAre("g"));
  EXPECT_EQ(token, "");
}

TEST(Paging, EndsWithoutATokenWhereTheLastPageIsFull) {
  std::string token;
  EXPECT_THAT(page_of({"a", "b"}, 2, token), testing::ElementsAre("a", "b"));
  EXPECT_EQ(token, "");
}

TEST(Paging, RefusesAnotherListsToken) {
  EXPECT_FALSE(parse_page("others", 2, page_token("things", "a")));
  EXPECT_FALSE(parse_page("things", 2, "!"));
}

TEST(Paging, BoundsAPage) { EXPECT_EQ(must(parse_page("things", 1'000'000, "")).size, largest_page); }

TEST(OneLine, JoinsArgumentsAndEscapesWhatIsNotPrintable) {
  using std::string_literals::operator""s;
  EXPECT_EQ(one_line("entente\0bundle\0set\0"s), "entente bundle set");
  EXPECT_EQ(one_line("a\nb\x1b[31m\x7f\xc3"s), "a\\x0ab\\x1b[31m\\x7f\\xc3");
  EXPECT_EQ(one_line(""), "");
  EXPECT_EQ(one_line(std::string(5000, 'x')).size(), 256U);
}

}  // namespace
}  // namespace entente::syncer
