#include <gmock/gmock.h>

#include <limits>

#include "common/trust/decision.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::BundleSpec;
using test::fetched;
using test::make_bundle;
using testing::HasSubstr;

const Time before = from_unix_seconds(1'800'000'000);
const Time now = before + 1h;
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

Decision decide(const std::optional<BundleRecord>& current, const BundleSpec& candidate,
                SequenceRule rule = SequenceRule::warn) {
  return decide_fetched(now, current ? &*current : nullptr, {make_bundle(candidate), {.source = "https://b.example/"}},
                        {.sequence = rule});
}

// Throws, and so fails the test, when the decision is another one.
BundleRecord accepted(const Decision& decision) { return std::get<Accept>(decision).next; }

Error refused(const Decision& decision) { return std::get<Refuse>(decision).reason; }

bool unchanged(const Decision& decision) { return std::holds_alternative<Unchanged>(decision); }

BundleRecord held(const BundleSpec& spec) { return fetched(make_bundle(spec), before); }

BundleRecord with_word(const BundleRecord& record) {
  return with_accept_next(record, {"peer was rebuilt", "uid 1000", before});
}

TEST(FetchedBundle, IsTakenWhenNothingIsHeld) {
  const BundleRecord next = accepted(decide(std::nullopt, {.x509 = {"A"}, .sequence = 7}));

  EXPECT_EQ(next.highest_sequence, 7U);
  EXPECT_EQ(next.origin, Origin::fetched);
  EXPECT_EQ(next.source, "https://b.example/");
  EXPECT_EQ(next.changed_at, now);
  EXPECT_EQ(next.fetched_at, now);
  EXPECT_FALSE(next.sequence_missing);
  EXPECT_EQ(accepted(decide(std::nullopt, {.x509 = {"A"}}, SequenceRule::strict)).highest_sequence, std::nullopt);
}

// FC-13
TEST(FetchedBundle, ReplacesTheHeldOneWhenItsSequenceIsHigher) {
  const BundleRecord next = accepted(decide(held({.x509 = {"A"}, .sequence = 7}), {.x509 = {"B"}, .sequence = 9}));
  EXPECT_EQ(next.highest_sequence, 9U);
  EXPECT_EQ(next.bundle->sequence, 9U);
  EXPECT_FALSE(next.sequence_reused || next.sequence_missing);
}

TEST(FetchedBundle, IsUnchangedWhenContentSequenceAndHintAreThoseHeld) {
  EXPECT_TRUE(unchanged(decide(held({.x509 = {"A"}, .jwt = {"J", "K"}, .sequence = 7, .hint = 60s}),
                               {.x509 = {"A"}, .jwt = {"K", "J"}, .sequence = 7, .hint = 60s})));
  EXPECT_TRUE(unchanged(decide(held({.x509 = {"A"}}), {.x509 = {"A"}}, SequenceRule::strict)));
}

TEST(FetchedBundle, IsTakenWithoutAWarningWhenOnlyTheHintDiffers) {
  const BundleRecord next = accepted(
      decide(held({.x509 = {"A"}, .sequence = 7}), {.x509 = {"A"}, .sequence = 7, .hint = 60s}, SequenceRule::strict));
  EXPECT_EQ(next.bundle->refresh_hint, 60s);
  EXPECT_FALSE(next.sequence_reused);
}

// FC-13
TEST(FetchedBundle, IsRefusedBelowTheHighestSequenceSeenWithTheWayOutInWords) {
  const Error reason = refused(decide(held({.x509 = {"A"}, .sequence = 9}), {.x509 = {"B"}, .sequence = 5}));
  EXPECT_EQ(reason.code(), Errc::sequence_older);
  EXPECT_THAT(reason.message(), HasSubstr("sequence 5 is lower than 9"));
  EXPECT_THAT(reason.message(), HasSubstr("entente federation accept b.test --reason"));
}

TEST(FetchedBundle, IsRefusedWithALowerSequenceEvenWithTheSameAuthorities) {
  const auto decision = decide(held({.x509 = {"A"}, .sequence = 9}), {.x509 = {"A"}, .sequence = 8});
  EXPECT_EQ(refused(decision).code(), Errc::sequence_older);
}

// Revocation is content like any other: an old empty bundle must not revoke, a new one must.
TEST(FetchedBundle, MayBeEmptyButNotOlder) {
  EXPECT_TRUE(accepted(decide(held({.x509 = {"A"}, .sequence = 9}), {.sequence = 10})).bundle->empty());
  EXPECT_EQ(refused(decide(held({.x509 = {"A"}, .sequence = 9}), {.sequence = 8})).code(), Errc::sequence_older);
}

TEST(FetchedBundle, WithAReusedSequenceIsTakenWithAWarning) {
  const BundleRecord reused = accepted(decide(held({.x509 = {"A"}, .sequence = 7}), {.x509 = {"B"}, .sequence = 7}));
  EXPECT_TRUE(reused.sequence_reused);
  EXPECT_EQ(reused.highest_sequence, 7U);

  // The warning outlasts a changed hint, and ends with a higher sequence.
  EXPECT_TRUE(accepted(decide(reused, {.x509 = {"B"}, .sequence = 7, .hint = 60s})).sequence_reused);
  EXPECT_FALSE(accepted(decide(reused, {.x509 = {"B"}, .sequence = 8})).sequence_reused);
}

TEST(FetchedBundle, WithoutTheSequenceItOnceHadIsTakenWithAWarningAndTheFloorStays) {
  const BundleRecord missing = accepted(decide(held({.x509 = {"A"}, .sequence = 7}), {.x509 = {"B"}}));
  EXPECT_TRUE(missing.sequence_missing);
  EXPECT_EQ(missing.bundle->sequence, std::nullopt);
  EXPECT_EQ(missing.highest_sequence, 7U);

  EXPECT_TRUE(accepted(decide(missing, {.x509 = {"C"}})).sequence_missing);
  EXPECT_EQ(refused(decide(missing, {.x509 = {"A"}, .sequence = 6})).code(), Errc::sequence_older);
  EXPECT_FALSE(accepted(decide(missing, {.x509 = {"C"}, .sequence = 8})).sequence_missing);
}

TEST(FetchedBundle, WithAReusedOrMissingSequenceIsRefusedUnderStrict) {
  const auto current = held({.x509 = {"A"}, .sequence = 7});
  const Error reused = refused(decide(current, {.x509 = {"B"}, .sequence = 7}, SequenceRule::strict));
  const Error missing = refused(decide(current, {.x509 = {"A"}}, SequenceRule::strict));

  EXPECT_EQ(reused.code(), Errc::sequence_strict);
  EXPECT_THAT(reused.message(), HasSubstr("sequence 7 came again with other authorities"));
  EXPECT_EQ(missing.code(), Errc::sequence_strict);
  EXPECT_THAT(missing.message(), HasSubstr("accept b.test"));
}

TEST(FetchedBundle, FromAPeerThatNeverSentASequenceIsSimplyTheNewest) {
  const BundleRecord next = accepted(decide(held({.x509 = {"A"}}), {.x509 = {"B"}}, SequenceRule::strict));
  EXPECT_FALSE(next.sequence_missing);
  EXPECT_EQ(accepted(decide(next, {.x509 = {"B"}, .sequence = 1}, SequenceRule::strict)).highest_sequence, 1U);
}

TEST(FetchedBundle, CountsSequencesUpToTheLargestOne) {
  EXPECT_EQ(accepted(decide(held({.x509 = {"A"}, .sequence = largest - 1}), {.x509 = {"B"}, .sequence = largest}))
                .highest_sequence,
            largest);
  EXPECT_EQ(refused(decide(held({.x509 = {"A"}, .sequence = largest}), {.x509 = {"B"}, .sequence = 1})).code(),
            Errc::sequence_older);
}

TEST(FetchedBundle, IsTakenByTheOperatorsWordOnceAndSetsTheFloorAnew) {
  const auto current = with_word(held({.x509 = {"A"}, .sequence = 9}));
  const BundleRecord taken = accepted(decide(current, {.x509 = {"B"}, .sequence = 3}, SequenceRule::strict));
  EXPECT_EQ(taken.highest_sequence, 3U);
  EXPECT_EQ(taken.accept_next, std::nullopt);

  // The peer goes on from there, and is held to it.
  EXPECT_EQ(accepted(decide(taken, {.x509 = {"C"}, .sequence = 4})).highest_sequence, 4U);
  EXPECT_EQ(refused(decide(taken, {.x509 = {"C"}, .sequence = 2})).code(), Errc::sequence_older);
}

TEST(FetchedBundle, TakenByTheOperatorsWordCarriesNoWarnings) {
  const auto current = with_word(held({.x509 = {"A"}, .sequence = 9}));
  const BundleRecord without = accepted(decide(current, {.x509 = {"B"}}));
  EXPECT_FALSE(without.sequence_missing);
  EXPECT_EQ(without.highest_sequence, std::nullopt);
  EXPECT_FALSE(accepted(decide(without, {.x509 = {"C"}}, SequenceRule::strict)).sequence_missing);
  EXPECT_FALSE(accepted(decide(current, {.x509 = {"B"}, .sequence = 9})).sequence_reused);
}

TEST(FetchedBundle, EqualToWhatIsHeldUsesUpTheOperatorsWord) {
  auto current = with_word(held({.x509 = {"A"}, .sequence = 9}));
  current.sequence_reused = true;
  const BundleRecord next = accepted(decide(current, {.x509 = {"A"}, .sequence = 9}));
  EXPECT_EQ(next.accept_next, std::nullopt);
  EXPECT_EQ(next.changed_at, before);
  EXPECT_EQ(next.fetched_at, before);
  EXPECT_FALSE(next.sequence_reused);
}

TEST(FetchedBundle, EqualToTheBootstrapBundleTurnsItIntoAFetchedOne) {
  auto bootstrap = held({.x509 = {"A"}, .sequence = 7});
  bootstrap.origin = Origin::bootstrap;
  bootstrap.source = "b.json";
  bootstrap.fetched_at.reset();
  bootstrap.bootstrap_digest = "digest";

  const BundleRecord next = accepted(decide(bootstrap, {.x509 = {"A"}, .sequence = 7}));

  EXPECT_EQ(next.origin, Origin::fetched);
  EXPECT_EQ(next.fetched_at, now);
  EXPECT_EQ(next.changed_at, before);
  EXPECT_EQ(next.source, "https://b.example/");
  EXPECT_EQ(next.bootstrap_digest, "digest");
  EXPECT_TRUE(unchanged(decide(next, {.x509 = {"A"}, .sequence = 7})));
}

TEST(FetchedBundle, KeepsTheMemoryOfTheBootstrapBundle) {
  auto current = held({.x509 = {"A"}, .sequence = 7});
  current.bootstrap_digest = "digest";
  EXPECT_EQ(accepted(decide(current, {.x509 = {"B"}, .sequence = 8})).bootstrap_digest, "digest");
  EXPECT_EQ(accepted(decide(with_word(current), {.x509 = {"B"}, .sequence = 3})).bootstrap_digest, "digest");
}

TEST(FetchedBundle, UndoesARollBackOnlyWithAHigherSequenceOrTheOperatorsWord) {
  auto restored = held({.x509 = {"A"}, .sequence = 3});
  restored.highest_sequence = 9;
  restored.rolled_back = true;

  EXPECT_EQ(refused(decide(restored, {.x509 = {"B"}, .sequence = 9})).code(), Errc::sequence_older);
  EXPECT_EQ(refused(decide(restored, {.x509 = {"B"}})).code(), Errc::sequence_older);
  EXPECT_EQ(accepted(decide(restored, {.x509 = {"B"}, .sequence = 10})).highest_sequence, 10U);
  EXPECT_EQ(accepted(decide(with_word(restored), {.x509 = {"B"}, .sequence = 9})).highest_sequence, 9U);
}

// FC-14, FC-15
TEST(FetchedBundle, OfAnotherTrustDomainIsNeverTaken) {
  const auto current = with_word(held({.x509 = {"A"}, .sequence = 7}));
  const Error reason = refused(decide(current, {.x509 = {"B"}, .sequence = 8, .trust_domain = "c.test"}));
  EXPECT_EQ(reason.code(), Errc::internal);
  EXPECT_THAT(reason.message(), HasSubstr("c.test was offered for b.test"));
}

}  // namespace
}  // namespace entente::trust
