// Approving, rejecting, giving and rolling back.
#include <gmock/gmock.h>

#include "tests/common/trust/decisions.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::accepted;
using test::BundleSpec;
using test::decide;
using test::decided_at;
using test::digest;
using test::in_use;
using test::make_bundle;
using test::outcome;
using test::waiting;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Time later = decided_at + 24h;

// {A} under sequence 7 is in use, and this waits.
BundleRecord waits(const BundleSpec& candidate) {
  return waiting(decide(in_use({.x509 = {"A"}, .sequence = 7}), candidate, ChangePolicy::approve));
}

Result<Accept> approve(const BundleRecord& current, const BundleSpec& named) {
  return decide_approve(later, &current, digest(named));
}

TEST(Approval, PutsWhatWaitsIntoUse) {
  const auto approved = approve(waits({.x509 = {"B"}, .sequence = 9}), {.x509 = {"B"}});

  ASSERT_TRUE(approved);
  EXPECT_EQ(approved->next.bundle->sequence, 9U);
  EXPECT_EQ(approved->next.highest_sequence, 9U);
  EXPECT_EQ(approved->next.origin, Origin::fetched);
  EXPECT_EQ(approved->next.source, test::endpoint.source);
  EXPECT_EQ(approved->next.changed_at, later);
  EXPECT_EQ(approved->next.fetched_at, decided_at);
  EXPECT_FALSE(approved->next.held);
  EXPECT_EQ(approved->summary, "1 X.509 authority added, 1 removed; sequence 7 -> 9; approved");
}

TEST(Approval, PutsAFirstBundleIntoUse) {
  const BundleRecord none = waiting(decide(std::nullopt, {.x509 = {"A"}, .sequence = 7}, ChangePolicy::approve));
  const auto approved = approve(none, {.x509 = {"A"}});
  ASSERT_TRUE(approved);
  EXPECT_TRUE(approved->next.in_use());
  EXPECT_EQ(approved->summary, "1 X.509 authority; sequence 7; approved");
}

TEST(Approval, KeepsTheFloorAndWarnsOfAMissingSequence) {
  const auto approved = approve(waits({.x509 = {"B"}}), {.x509 = {"B"}});
  ASSERT_TRUE(approved);
  EXPECT_EQ(approved->next.highest_sequence, 7U);
  EXPECT_TRUE(approved->next.sequence_missing);
}

TEST(Approval, NamesWhatWasReviewedAndTakesNothingElse) {
  const BundleRecord current = waits({.x509 = {"B"}, .sequence = 9});

  const auto other = approve(current, {.x509 = {"C"}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::conflict);
  EXPECT_THAT(other.error().message(), HasSubstr(digest({.x509 = {"B"}}) + ", not " + digest({.x509 = {"C"}})));

  const auto nothing = approve(in_use({.x509 = {"A"}}), {.x509 = {"B"}});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), Errc::not_found);
  EXPECT_EQ(decide_approve(later, nullptr, "").error().code(), Errc::not_found);
}

// FC-13
TEST(Approval, IsRefusedWhereTheFloorHasMovedAboveIt) {
  BundleRecord current = waits({.x509 = {"B"}, .sequence = 9});
  current.highest_sequence = 10;
  const auto approved = approve(current, {.x509 = {"B"}});
  ASSERT_FALSE(approved);
  EXPECT_EQ(approved.error().code(), Errc::sequence_older);
}

TEST(Approval, LeavesTheOperatorsWordForTheNextFetchStanding) {
  const BundleRecord current = test::with_word(waits({.x509 = {"B"}, .sequence = 9}));
  EXPECT_EQ(approve(current, {.x509 = {"B"}})->next.accept_next, current.accept_next);
}

TEST(Rejection, EndsTheHoldAndIsRemembered) {
  const BundleRecord current = waits({.x509 = {"B"}, .sequence = 9});

  const auto rejected = decide_reject(&current, digest({.x509 = {"B"}}));

  ASSERT_TRUE(rejected);
  EXPECT_FALSE(rejected->held);
  EXPECT_EQ(rejected->bundle, current.bundle);
  EXPECT_EQ(rejected->highest_sequence, 7U);
  EXPECT_EQ(outcome(decide(*rejected, {.x509 = {"B"}, .sequence = 10}, ChangePolicy::approve)), "rejected");
  EXPECT_EQ(outcome(decide(*rejected, {.x509 = {"C"}, .sequence = 8}, ChangePolicy::approve)), "hold");
}

TEST(Rejection, OfAFirstBundleLeavesNothingInUse) {
  const BundleRecord none = waiting(decide(std::nullopt, {.x509 = {"A"}}, ChangePolicy::approve));
  const auto rejected = decide_reject(&none, digest({.x509 = {"A"}}));
  ASSERT_TRUE(rejected);
  EXPECT_FALSE(rejected->in_use());
  EXPECT_EQ(outcome(decide(*rejected, {.x509 = {"A"}}, ChangePolicy::approve)), "rejected");
}

TEST(Rejection, NamesWhatWaits) {
  const BundleRecord current = waits({.x509 = {"B"}, .sequence = 9});
  EXPECT_EQ(decide_reject(&current, digest({.x509 = {"A"}})).error().code(), Errc::conflict);
  EXPECT_EQ(decide_reject(nullptr, "").error().code(), Errc::not_found);
}

TEST(Rejection, IsRememberedForTheNewestOnly) {
  BundleRecord current = waits({.x509 = {"B"}, .sequence = 9});
  for (std::size_t i = 0; i < most_rejected; ++i) current.rejected.push_back(std::to_string(i));

  const auto rejected = decide_reject(&current, digest({.x509 = {"B"}}));

  ASSERT_EQ(rejected->rejected.size(), most_rejected);
  EXPECT_EQ(rejected->rejected.front(), "1");
  EXPECT_EQ(rejected->rejected.back(), digest({.x509 = {"B"}}));
}

BundleRecord rolled_back(const BundleRecord& current, const BundleSpec& recorded) {
  return decide_rollback(decided_at, current, make_bundle(recorded), 3).value().next;
}

TEST(RollBack, RestoresARecordedBundleAndKeepsTheFloor) {
  const BundleRecord current = test::with_word(
      waiting(decide(in_use({.x509 = {"B"}, .sequence = 9}), {.x509 = {"C"}, .sequence = 10}, ChangePolicy::approve)));

  const auto decision = decide_rollback(decided_at, current, make_bundle({.x509 = {"A"}, .sequence = 3}), 12);

  ASSERT_TRUE(decision);
  const BundleRecord& next = decision->next;
  EXPECT_EQ(next.bundle->sequence, 3U);
  EXPECT_EQ(next.highest_sequence, 9U);
  EXPECT_TRUE(next.rolled_back);
  EXPECT_EQ(next.source, "history entry 12");
  EXPECT_EQ(next.origin, Origin::fetched);
  EXPECT_EQ(next.changed_at, decided_at);
  EXPECT_FALSE(next.held);
  EXPECT_FALSE(next.accept_next);
  EXPECT_THAT(next.rejected, IsEmpty());
  EXPECT_THAT(decision->summary, HasSubstr("sequence 9 -> 3; restored from history entry 12"));
}

// FC-13
TEST(RollBack, IsUndoneOnlyByAHigherSequenceOrTheOperatorsWord) {
  const BundleRecord next = rolled_back(in_use({.x509 = {"B"}, .sequence = 9}), {.x509 = {"A"}, .sequence = 3});

  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}, .sequence = 9})), "sequence_older");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"A"}, .sequence = 4})), "sequence_older");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}})), "sequence_older");
  EXPECT_EQ(outcome(decide(next, {})), "sequence_older");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"A"}, .sequence = 3})), "unchanged");
  EXPECT_FALSE(accepted(decide(next, {.x509 = {"B"}, .sequence = 10})).rolled_back);
  EXPECT_FALSE(accepted(decide(test::with_word(next), {.x509 = {"B"}, .sequence = 9})).rolled_back);
}

// The peer used sequence 7 twice: the restored bundle has it, too.
TEST(RollBack, HoldsWhereBothBundlesHaveOneSequence) {
  const BundleRecord next = rolled_back(in_use({.x509 = {"B"}, .sequence = 7}), {.x509 = {"A"}, .sequence = 7});
  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}, .sequence = 7})), "sequence_older");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}, .sequence = 8})), "accept");
}

TEST(RollBack, WithoutSequencesKeepsOutWhatWasLeftBehind) {
  const BundleRecord next = rolled_back(in_use({.x509 = {"B"}}), {.x509 = {"A"}});

  EXPECT_THAT(next.rejected, ElementsAre(digest({.x509 = {"B"}})));
  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}})), "rejected");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"A"}})), "unchanged");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"A", "B"}})), "accept");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"C"}})), "accept");
}

// The peer published `keys: []` by mistake, and goes on serving it; later it revokes in earnest.
TEST(RollBack, WithoutSequencesKeepsOutARemovalUntilThePeerHasMovedOn) {
  const BundleRecord next = rolled_back(in_use({}), {.x509 = {"A"}});
  EXPECT_EQ(outcome(decide(next, {})), "rejected");
  EXPECT_EQ(outcome(decide(accepted(decide(next, {.x509 = {"A"}, .hint = 60s})), {})), "rejected");

  const BundleRecord moved_on = accepted(decide(next, {.x509 = {"A", "B"}}));
  EXPECT_FALSE(moved_on.rolled_back);
  EXPECT_EQ(outcome(decide(moved_on, {})), "accept");
}

TEST(RollBack, ToARejectedBundleLiftsTheRejection) {
  const BundleRecord once = rolled_back(in_use({.x509 = {"B"}}), {.x509 = {"A"}});
  const BundleRecord back = rolled_back(once, {.x509 = {"B"}});
  EXPECT_THAT(back.rejected, ElementsAre(digest({.x509 = {"A"}})));
}

TEST(RollBack, LetsNoSequenceFallBelowTheRestoredOne) {
  // The operator had taken a rebuilt peer's sequence 2, and thinks better of it.
  const BundleRecord next = rolled_back(in_use({.x509 = {"B"}, .sequence = 2}), {.x509 = {"A"}, .sequence = 9});
  EXPECT_EQ(next.highest_sequence, 9U);
  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}, .sequence = 3})), "sequence_older");
}

TEST(RollBack, CountsInOverlapLikeAnyAcceptance) {
  const BundleRecord next = rolled_back(in_use({.x509 = {"B"}, .sequence = 9}), {.x509 = {"A"}, .sequence = 3});
  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}, .sequence = 10}, ChangePolicy::overlap)), "hold");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"A"}, .sequence = 10}, ChangePolicy::overlap)), "accept");
}

TEST(RollBack, LeavesWhoseBundleItIs) {
  const BundleRecord of_peer = rolled_back(in_use({.x509 = {"B"}}), {.x509 = {"A"}});
  EXPECT_EQ(of_peer.origin, Origin::fetched);
  EXPECT_EQ(of_peer.fetched_at, test::held_since);

  BundleRecord of_operator = in_use({.x509 = {"B"}});
  of_operator.origin = Origin::bootstrap;
  EXPECT_EQ(rolled_back(of_operator, {.x509 = {"A"}}).origin, Origin::bootstrap);
}

TEST(RollBack, PutsABundleIntoUseWhereNothingWas) {
  const BundleRecord none = waiting(decide(std::nullopt, {.x509 = {"B"}}, ChangePolicy::approve));
  const BundleRecord next = rolled_back(none, {.x509 = {"A"}});
  EXPECT_EQ(next.origin, Origin::given);
  EXPECT_FALSE(next.held);
  EXPECT_THAT(next.rejected, IsEmpty());
}

TEST(RollBack, IsRefusedWhereThereIsNothingToRollBackAndForAnotherTrustDomain) {
  const BundleRecord current = in_use({.x509 = {"A"}, .sequence = 7});
  const auto same = decide_rollback(decided_at, current, make_bundle({.x509 = {"A"}, .sequence = 7}), 1);
  EXPECT_EQ(same.error().code(), Errc::invalid_argument);
  EXPECT_THAT(same.error().message(), HasSubstr("history entry 1 is in use already"));
  // FC-14
  const auto other = decide_rollback(decided_at, current, make_bundle({.trust_domain = "c.test"}), 1);
  EXPECT_EQ(other.error().code(), Errc::internal);
}

Decision give(const std::optional<BundleRecord>& current, const BundleSpec& given) {
  return decide_given(decided_at, current ? &*current : nullptr, make_bundle(given), {.source = "admin API"});
}

TEST(Withdrawal, ForNowForgetsNobodysNo) {
  const auto rejected = [] {
    const BundleRecord held = waits({.x509 = {"B"}, .sequence = 9});
    return *decide_reject(&held, digest({.x509 = {"B"}}));
  }();

  const BundleRecord withdrawn = withdrawn_for_now(later, rejected);

  EXPECT_FALSE(withdrawn.in_use());
  EXPECT_TRUE(withdrawn.bundle->empty());
  EXPECT_TRUE(std::holds_alternative<Refuse>(decide(withdrawn, {.x509 = {"B"}, .sequence = 9}, ChangePolicy::accept)));
  EXPECT_TRUE(std::holds_alternative<Refuse>(decide(withdrawn, {.x509 = {"A"}, .sequence = 6}, ChangePolicy::accept)));
  EXPECT_TRUE(std::holds_alternative<Hold>(decide(withdrawn, {.x509 = {"C"}, .sequence = 8}, ChangePolicy::overlap)));
  const Decision again = decide(withdrawn, {.x509 = {"A"}, .sequence = 7}, ChangePolicy::overlap);
  ASSERT_TRUE(std::holds_alternative<Accept>(again));
  EXPECT_FALSE(std::get<Accept>(again).next.sequence_reused) << "it is the very bundle that was in use";
}

TEST(GivenBundle, IsTakenWhateverItsSequence) {
  const BundleRecord next = accepted(give(in_use({.x509 = {"A"}, .sequence = 9}), {.x509 = {"B"}, .sequence = 2}));

  EXPECT_EQ(next.origin, Origin::given);
  EXPECT_EQ(next.source, "admin API");
  EXPECT_EQ(next.highest_sequence, 2U);
  EXPECT_EQ(next.fetched_at, std::nullopt);
  EXPECT_EQ(accepted(give(next, {.x509 = {"C"}})).highest_sequence, std::nullopt);
  EXPECT_EQ(accepted(give(std::nullopt, {.x509 = {"A"}})).origin, Origin::given);
}

TEST(GivenBundle, EndsAHoldARollBackAndARejection) {
  auto current = waits({.x509 = {"B"}, .sequence = 9});
  current.rolled_back = true;
  current.rejected = {digest({.x509 = {"C"}}), digest({.x509 = {"D"}})};

  const BundleRecord next = accepted(give(current, {.x509 = {"C"}}));

  EXPECT_FALSE(next.held);
  EXPECT_FALSE(next.rolled_back);
  EXPECT_THAT(next.rejected, ElementsAre(digest({.x509 = {"D"}})));
}

TEST(GivenBundle, ThatIsInUseChangesNothing) {
  EXPECT_EQ(outcome(give(in_use({.x509 = {"A"}, .sequence = 7}), {.x509 = {"A"}, .sequence = 7})), "unchanged");
  EXPECT_EQ(outcome(give(in_use({.x509 = {"A"}, .sequence = 7}), {.x509 = {"A"}, .sequence = 7, .hint = 60s})),
            "accept");
  EXPECT_EQ(outcome(give(in_use({.x509 = {"A"}, .sequence = 7}), {.x509 = {"A"}, .sequence = 8})), "accept");
  // Nothing in use is not the same as an empty bundle in use.
  const BundleRecord none = waiting(decide(std::nullopt, {.x509 = {"A"}}, ChangePolicy::approve));
  EXPECT_EQ(outcome(give(none, {})), "accept");
}

TEST(GivenBundle, TurnsFetchedWhenTheEndpointConfirmsIt) {
  const BundleRecord given = accepted(give(std::nullopt, {.x509 = {"A"}, .sequence = 7}));
  const BundleRecord next = accepted(decide(given, {.x509 = {"A"}, .sequence = 7}, ChangePolicy::approve));
  EXPECT_EQ(next.origin, Origin::fetched);
  EXPECT_EQ(next.source, test::endpoint.source);
}

// FC-14, FC-15
TEST(GivenBundle, OfAnotherTrustDomainIsRefused) {
  EXPECT_EQ(outcome(give(in_use({.x509 = {"A"}}), {.x509 = {"B"}, .trust_domain = "c.test"})), "internal");
}

}  // namespace
}  // namespace entente::trust
