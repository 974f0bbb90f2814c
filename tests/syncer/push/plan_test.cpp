#include "syncer/push/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/trust/bundles.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// What a row of the table says of b.test.
struct Case {
  bool wanted = false, empty = false, pushed = false, goes_on = false, reserved = false;
  std::string there = "";  // the fingerprint that the target has; "": nothing
};

// "claim set", "remove", "release", "" for nothing.
std::string planned(const Case& c) {
  const auto b = domain("b.test");
  WantedBundles wanted;
  if (c.wanted) {
    const auto bundle = c.empty ? test::make_bundle({}) : test::make_bundle({.x509 = {"A"}});
    wanted.emplace(b, WantedBundle{bundle, c.empty ? "empty" : "new"});
  }
  Holdings holdings;
  if (!c.there.empty()) holdings.fingerprints.emplace(b, c.there);
  if (c.reserved) holdings.reserved.emplace(b, "theirs");
  const TrustDomains pushed = c.pushed ? TrustDomains{b} : TrustDomains{};
  const PushPlan plan = plan_push(wanted, holdings, pushed, [&c](const auto&) { return c.goes_on; });
  std::string words;
  const auto say = [&words](const auto& list, const std::string& word) {
    if (!list.empty()) words += (words.empty() ? "" : " ") + word;
  };
  say(plan.claims, "claim");
  say(plan.sets, "set");
  say(plan.removals, "remove");
  say(plan.releases, "release");
  return words;
}

TEST(PushPlan, SetsWhatIsMissingOrDiffersAndRemembersItFirst) {
  EXPECT_EQ(planned({.wanted = true}), "claim set");
  EXPECT_EQ(planned({.wanted = true, .there = "old"}), "claim set");
  EXPECT_EQ(planned({.wanted = true, .pushed = true, .there = "old"}), "set");
  EXPECT_EQ(planned({.wanted = true, .pushed = true}), "set");
}

TEST(PushPlan, LeavesAloneWhatIsThereAlready) {
  EXPECT_EQ(planned({.wanted = true, .pushed = true, .there = "new"}), "");
  // The trust domain is federated here: when that ends, it ends there.
  EXPECT_EQ(planned({.wanted = true, .there = "new"}), "claim");
}

TEST(PushPlan, RemovesWhatWasPushedAndHasEnded) {
  EXPECT_EQ(planned({.pushed = true, .there = "old"}), "remove");
  EXPECT_EQ(planned({.pushed = true}), "release");
}

TEST(PushPlan, NeverTouchesWhatOthersPutThere) {
  EXPECT_EQ(planned({.there = "old"}), "");
  EXPECT_EQ(planned({.wanted = true, .reserved = true, .there = "old"}), "");
  EXPECT_EQ(planned({.wanted = true, .pushed = true, .reserved = true, .there = "old"}), "release");
  EXPECT_EQ(planned({.pushed = true, .reserved = true, .there = "old"}), "release");
}

// After a start without what a store would have kept, a relationship that is not fetched yet has not ended.
TEST(PushPlan, RemovesNothingOfARelationshipThatGoesOn) {
  EXPECT_EQ(planned({.pushed = true, .goes_on = true, .there = "old"}), "");
}

// TB-6
TEST(PushPlan, EmptiesWhatIsThereAndPutsNothingEmptyWhereNothingIs) {
  EXPECT_EQ(planned({.wanted = true, .empty = true, .pushed = true, .there = "old"}), "set");
  EXPECT_EQ(planned({.wanted = true, .empty = true, .there = "old"}), "claim set");
  EXPECT_EQ(planned({.wanted = true, .empty = true, .pushed = true, .there = "empty"}), "");
  EXPECT_EQ(planned({.wanted = true, .empty = true}), "");
}

TEST(PushPlan, PutsEmptyBundlesBeforeOthers) {
  const auto full = test::make_bundle({.x509 = {"A"}}), empty = test::make_bundle({});
  const WantedBundles wanted{
      {domain("b.test"), {full, "b"}}, {domain("c.test"), {empty, ""}}, {domain("d.test"), {full, "d"}}};
  const Holdings holdings{{{domain("c.test"), "old"}}, {}};

  const PushPlan plan = plan_push(wanted, holdings, {}, [](const auto&) { return true; });

  EXPECT_THAT(plan.sets, ElementsAre(domain("c.test"), domain("b.test"), domain("d.test")));
}

trust::RecordPtr record(const spiffe::BundlePtr& bundle, trust::Origin origin) {
  trust::BundleRecord made = test::fetched(bundle, test::authorities_begin());
  made.origin = origin;
  return std::make_shared<const trust::BundleRecord>(made);
}

TEST(BundlesToPush, AreThoseInUseOfOtherTrustDomains) {
  trust::Snapshot snapshot;
  snapshot.own = domain("a.test");
  const auto own = test::make_bundle({.x509 = {"A"}, .trust_domain = "a.test"});
  const auto peer = test::make_bundle({.x509 = {"B"}});
  snapshot.records = {record(own, trust::Origin::own), record(peer, trust::Origin::fetched)};

  EXPECT_THAT(bundles_to_push(snapshot, {}), ElementsAre(Pair(domain("b.test"), peer)));
}

TEST(BundlesToPush, HoldAnEmptyOneWhereWhatWasPushedIsInUseNoMore) {
  trust::Snapshot snapshot;
  snapshot.waiting = {record(test::make_bundle({}), trust::Origin::none)};

  EXPECT_THAT(bundles_to_push(snapshot, {}), IsEmpty());
  const auto bundles = bundles_to_push(snapshot, {domain("b.test")});

  ASSERT_EQ(bundles.size(), 1U);
  EXPECT_TRUE(bundles.at(domain("b.test"))->empty());
}

}  // namespace
}  // namespace entente::syncer
