#include <gtest/gtest.h>

#include "common/trust/decision.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::BundleSpec;
using test::fetched;
using test::make_bundle;

const Time before = from_unix_seconds(1'800'000'000);
const Time now = before + 1h;

Decision decide(const std::optional<BundleRecord>& current, const BundleSpec& bootstrap) {
  return decide_bootstrap(now, current ? &*current : nullptr, make_bundle(bootstrap), "b.json");
}

// Throws, and so fails the test, when the decision is another one.
BundleRecord accepted(const Decision& decision) { return std::get<Accept>(decision).next; }

bool unchanged(const Decision& decision) { return std::holds_alternative<Unchanged>(decision); }

// What is held after the bootstrap bundle {A} and a fetch of {B} under sequence 9.
BundleRecord fetched_after_bootstrap() {
  const BundleRecord first = accepted(decide(std::nullopt, {.x509 = {"A"}, .sequence = 5}));
  const Decision second = decide_fetched(
      before, &first, {make_bundle({.x509 = {"B"}, .sequence = 9}), {.source = "https://b.example/"}}, {});
  return accepted(second);
}

TEST(BootstrapBundle, IsTakenWhenNothingIsHeld) {
  const BundleRecord next = accepted(decide(std::nullopt, {.x509 = {"A"}, .sequence = 5}));
  EXPECT_EQ(next.origin, Origin::bootstrap);
  EXPECT_EQ(next.source, "b.json");
  EXPECT_EQ(next.highest_sequence, 5U);
  EXPECT_EQ(next.fetched_at, std::nullopt);
  EXPECT_FALSE(next.bootstrap_digest.empty());
}

TEST(BootstrapBundle, DoesNotComeBackAtARestart) {
  EXPECT_TRUE(unchanged(decide(fetched_after_bootstrap(), {.x509 = {"A"}, .sequence = 5})));
  EXPECT_TRUE(unchanged(decide(fetched_after_bootstrap(), {.x509 = {"A"}, .sequence = 6})));
}

TEST(BootstrapBundle, ChangedByTheOperatorRepairsAMissedRotationWhateverItsSequence) {
  const BundleRecord next = accepted(decide(fetched_after_bootstrap(), {.x509 = {"C"}, .sequence = 2}));
  EXPECT_EQ(next.origin, Origin::bootstrap);
  EXPECT_EQ(next.highest_sequence, 2U);

  // So the endpoint's next bundle is acceptable, though it is below what was once seen.
  const Candidate candidate{make_bundle({.x509 = {"C", "D"}, .sequence = 3}), {.source = "https://b.example/"}};
  EXPECT_EQ(accepted(decide_fetched(now, &next, candidate, {.sequence = SequenceRule::strict})).highest_sequence, 3U);
}

TEST(BootstrapBundle, WithoutASequenceLeavesNoFloor) {
  EXPECT_EQ(accepted(decide(fetched_after_bootstrap(), {.x509 = {"C"}})).highest_sequence, std::nullopt);
}

TEST(BootstrapBundle, FirstGivenToAFetchedRelationshipIsTheOperatorsWordToo) {
  const BundleRecord current = fetched(make_bundle({.x509 = {"B"}, .sequence = 9}), before);
  EXPECT_EQ(accepted(decide(current, {.x509 = {"C"}})).origin, Origin::bootstrap);
}

TEST(BootstrapBundle, WithTheAuthoritiesHeldAlreadyIsOnlyNoted) {
  const BundleRecord current = fetched_after_bootstrap();
  const BundleRecord noted = accepted(decide(current, {.x509 = {"B"}, .sequence = 1}));
  EXPECT_EQ(noted.origin, Origin::fetched);
  EXPECT_EQ(noted.highest_sequence, 9U);
  EXPECT_EQ(noted.bundle->sequence, 9U);
  EXPECT_NE(noted.bootstrap_digest, current.bootstrap_digest);

  // Later, when the peer has moved on, the file is not mistaken for a change.
  const Candidate candidate{make_bundle({.x509 = {"C"}, .sequence = 10}), {.source = "https://b.example/"}};
  const BundleRecord moved_on = accepted(decide_fetched(now, &noted, candidate, {}));
  EXPECT_TRUE(unchanged(decide(moved_on, {.x509 = {"B"}, .sequence = 1})));
}

TEST(BootstrapBundle, LeavesAnEarlierWordOfTheOperatorStanding) {
  const BundleRecord current = with_accept_next(fetched_after_bootstrap(), {"rebuilt", "uid 0", before});
  EXPECT_EQ(accepted(decide(current, {.x509 = {"C"}})).accept_next, current.accept_next);
}

TEST(BootstrapBundle, ChangedByTheOperatorEndsAHoldARollBackAndARejection) {
  BundleRecord current = fetched_after_bootstrap();
  const auto offered = make_bundle({.x509 = {"X"}, .sequence = 10});
  current = std::get<Hold>(decide_fetched(before, &current, {offered, {}}, {.policy = ChangePolicy::approve})).next;
  current.rolled_back = true;
  current.rejected = {spiffe::authorities_digest(*make_bundle({.x509 = {"C"}})), "another"};

  const BundleRecord next = accepted(decide(current, {.x509 = {"C"}}));

  EXPECT_FALSE(next.held);
  EXPECT_FALSE(next.rolled_back);
  EXPECT_EQ(next.rejected, std::vector<std::string>{"another"});
}

TEST(BootstrapBundle, IsTakenWhereACandidateWaitsAndNothingIsInUse) {
  const auto offered = make_bundle({.x509 = {"A"}, .sequence = 10});
  const BundleRecord none =
      std::get<Hold>(decide_fetched(before, nullptr, {offered, {}}, {.policy = ChangePolicy::approve})).next;

  const BundleRecord next = accepted(decide(none, {.x509 = {"A"}}));

  EXPECT_EQ(next.origin, Origin::bootstrap);
  EXPECT_FALSE(next.held);
}

TEST(BootstrapBundle, ConfirmedByTheEndpointLeavesWhatWaitsWaiting) {
  const BundleRecord bootstrap = accepted(decide(std::nullopt, {.x509 = {"A"}, .sequence = 5}));
  const auto offered = make_bundle({.x509 = {"A", "B"}, .sequence = 9});
  const BundleRecord held =
      std::get<Hold>(decide_fetched(before, &bootstrap, {offered, {}}, {.policy = ChangePolicy::approve})).next;

  const auto same = make_bundle({.x509 = {"A"}, .sequence = 5});
  const BundleRecord next = accepted(decide_fetched(now, &held, {same, {}}, {.policy = ChangePolicy::approve}));

  EXPECT_EQ(next.origin, Origin::fetched);
  EXPECT_TRUE(next.held);
}

TEST(BootstrapBundle, ThatIsNotGivenChangesNothing) {
  const BundleRecord current = fetched_after_bootstrap();
  EXPECT_TRUE(unchanged(decide_bootstrap(now, &current, nullptr, "")));
  EXPECT_TRUE(unchanged(decide_bootstrap(now, nullptr, nullptr, "")));
}

// FC-14, FC-15
TEST(BootstrapBundle, OfAnotherTrustDomainIsRefused) {
  const Decision decision = decide(fetched_after_bootstrap(), {.x509 = {"C"}, .trust_domain = "c.test"});
  EXPECT_TRUE(std::holds_alternative<Refuse>(decision));
}

}  // namespace
}  // namespace entente::trust
