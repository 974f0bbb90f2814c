// What each policy lets pass, and what it holds.
#include <gmock/gmock.h>

#include "tests/common/trust/decisions.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::accepted;
using test::BundleSpec;
using test::decide;
using test::digest;
using test::in_use;
using test::outcome;
using test::refused;
using test::waiting;
using testing::HasSubstr;
using enum ChangePolicy;

struct Row {
  const char* what;
  std::optional<BundleSpec> before;
  BundleSpec after;
  const char *under_accept, *under_overlap, *under_approve;
};

const std::vector<Row> rows{
    {"first", std::nullopt, {.x509 = {"A"}, .sequence = 1}, "accept", "accept", "hold"},
    {"first, empty", std::nullopt, {.sequence = 1}, "accept", "accept", "accept"},
    {"nothing", BundleSpec{.x509 = {"A"}}, {.x509 = {"A"}}, "unchanged", "unchanged", "unchanged"},
    {"sequence",
     BundleSpec{.x509 = {"A"}, .sequence = 1},
     {.x509 = {"A"}, .sequence = 2},
     "accept",
     "accept",
     "accept"},
    {"hint", BundleSpec{.x509 = {"A"}}, {.x509 = {"A"}, .hint = 60s}, "accept", "accept", "accept"},
    {"order",
     BundleSpec{.jwt = {"J", "K"}, .sequence = 1},
     {.jwt = {"K", "J"}, .sequence = 2},
     "accept",
     "accept",
     "accept"},
    {"addition", BundleSpec{.x509 = {"A"}}, {.x509 = {"A", "B"}}, "accept", "accept", "hold"},
    {"removal", BundleSpec{.x509 = {"A", "B"}}, {.x509 = {"B"}}, "accept", "accept", "accept"},
    {"removal of a use", BundleSpec{.x509 = {"A"}, .jwt = {"J"}}, {.x509 = {"A"}}, "accept", "accept", "accept"},
    {"revocation", BundleSpec{.x509 = {"A"}, .jwt = {"J"}}, {}, "accept", "accept", "accept"},
    {"rotation", BundleSpec{.x509 = {"A", "B"}}, {.x509 = {"B", "C"}}, "accept", "accept", "hold"},
    {"replacement", BundleSpec{.x509 = {"A"}}, {.x509 = {"B"}}, "accept", "hold", "hold"},
    {"replacement of one use",
     BundleSpec{.x509 = {"A"}, .jwt = {"J"}},
     {.x509 = {"A"}, .jwt = {"K"}},
     "accept",
     "hold",
     "hold"},
    {"replacement of WIT keys", BundleSpec{.wit = {"W"}}, {.wit = {"X"}}, "accept", "hold", "hold"},
    {"use that never had keys", BundleSpec{.x509 = {"A"}}, {.x509 = {"A"}, .jwt = {"J"}}, "accept", "accept", "hold"},
    {"addition of a JWT key", BundleSpec{.jwt = {"J"}}, {.jwt = {"J", "K"}}, "accept", "accept", "hold"},
    {"use exchanged for another", BundleSpec{.x509 = {"A"}}, {.jwt = {"J"}}, "accept", "accept", "hold"},
};

// FC-13
TEST(ChangePolicy, HoldsWhatItSaysAndNothingElse) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const auto before = row.before ? std::optional(in_use(*row.before)) : std::nullopt;
    EXPECT_EQ(outcome(decide(before, row.after, accept)), row.under_accept);
    EXPECT_EQ(outcome(decide(before, row.after, overlap)), row.under_overlap);
    EXPECT_EQ(outcome(decide(before, row.after, approve)), row.under_approve);
  }
}

TEST(ChangePolicy, TellsKeysOfOneKeyIdApart) {
  auto other = std::make_shared<spiffe::Bundle>(test::domain("b.test"));
  other->jwt_authorities.push_back({"J", test::make_bundle({.jwt = {"K"}})->jwt_authorities[0].key});
  const BundleRecord current = in_use({.jwt = {"J"}});

  const Decision decision = decide_fetched(test::decided_at, &current, {other, {}}, {.policy = overlap});

  EXPECT_EQ(outcome(decision), "hold");
}

TEST(ChangePolicy, LeavesWhatIsInUseAloneWhileItHolds) {
  const BundleRecord current = in_use({.x509 = {"A"}, .sequence = 7});

  const Hold hold = std::get<Hold>(decide(current, {.x509 = {"B"}, .jwt = {"J"}, .sequence = 9}, overlap));

  EXPECT_EQ(hold.next.bundle, current.bundle);
  EXPECT_EQ(hold.next.highest_sequence, 7U);
  EXPECT_EQ(hold.next.changed_at, current.changed_at);
  ASSERT_TRUE(hold.next.held);
  EXPECT_EQ(hold.next.held->digest, digest({.x509 = {"B"}, .jwt = {"J"}}));
  EXPECT_EQ(hold.next.held->from, test::endpoint);
  EXPECT_EQ(hold.next.held->at, test::decided_at);
  EXPECT_EQ(hold.next.held->why, "policy overlap: no authority for x509-svid is among the last accepted ones");
  EXPECT_THAT(hold.summary, HasSubstr("1 X.509 authority added, 1 removed"));
  EXPECT_THAT(hold.summary, HasSubstr("held by policy overlap"));
}

TEST(ChangePolicy, HoldsAFirstBundleInARecordOfNothing) {
  const BundleRecord next = waiting(decide(std::nullopt, {.x509 = {"A"}, .sequence = 7}, approve));

  EXPECT_FALSE(next.in_use());
  EXPECT_EQ(next.trust_domain().name(), "b.test");
  EXPECT_TRUE(next.bundle->empty());
  EXPECT_EQ(next.highest_sequence, std::nullopt);
  EXPECT_EQ(next.held->bundle->sequence, 7U);

  // An empty bundle is content, also where nothing is in use yet (TB-6).
  EXPECT_EQ(accepted(decide(next, {}, approve)).origin, Origin::fetched);
  EXPECT_FALSE(accepted(decide(next, {}, approve)).held);
}

TEST(ChangePolicy, KnowsWhatWaitsAlready) {
  const BundleRecord next =
      waiting(decide(in_use({.x509 = {"A"}, .sequence = 7}), {.x509 = {"B"}, .sequence = 8}, approve));

  EXPECT_EQ(outcome(decide(next, {.x509 = {"B"}, .sequence = 8}, approve)), "waits already");
  EXPECT_EQ(outcome(decide(next, {.x509 = {"A"}, .sequence = 7}, approve)), "unchanged");
}

TEST(ChangePolicy, HoldsTheNewerCandidateInPlaceOfTheOlder) {
  const BundleRecord first =
      waiting(decide(in_use({.x509 = {"A"}, .sequence = 7}), {.x509 = {"B"}, .sequence = 8}, approve));

  EXPECT_EQ(waiting(decide(first, {.x509 = {"C"}, .sequence = 9}, approve)).held->digest, digest({.x509 = {"C"}}));
  EXPECT_EQ(waiting(decide(first, {.x509 = {"C"}, .sequence = 8}, approve)).held->digest, digest({.x509 = {"C"}}));
  EXPECT_EQ(waiting(decide(first, {.x509 = {"C"}}, approve)).held->digest, digest({.x509 = {"C"}}));
  EXPECT_EQ(waiting(decide(first, {.x509 = {"B"}, .sequence = 9}, approve)).held->bundle->sequence, 9U);
  EXPECT_EQ(waiting(decide(first, {.x509 = {"B"}, .sequence = 8, .hint = 60s}, approve)).held->bundle->refresh_hint,
            60s);
}

// FC-13
TEST(ChangePolicy, DoesNotHoldAnOlderCandidateInPlaceOfTheNewer) {
  const BundleRecord first =
      waiting(decide(in_use({.x509 = {"A"}, .sequence = 3}), {.x509 = {"B"}, .sequence = 8}, approve));

  const Error reason = refused(decide(first, {.x509 = {"C"}, .sequence = 5}, approve));

  EXPECT_EQ(reason.code(), Errc::sequence_older);
  EXPECT_THAT(reason.message(), HasSubstr("sequence 5 is lower than 8, which waits for approval"));
  EXPECT_THAT(reason.message(), HasSubstr("entente federation reject b.test --digest " + digest({.x509 = {"B"}})));
  // What waits changes nothing else: a removal above the floor is taken.
  EXPECT_TRUE(accepted(decide(first, {.sequence = 5}, approve)).bundle->empty());
}

TEST(ChangePolicy, EndsTheHoldWithWhateverIsAccepted) {
  const BundleRecord first = waiting(decide(in_use({.x509 = {"A", "B"}}), {.x509 = {"C"}}, approve));

  EXPECT_FALSE(accepted(decide(first, {.x509 = {"A"}}, approve)).held);
  EXPECT_FALSE(accepted(decide(first, {.x509 = {"C"}}, accept)).held);
  EXPECT_FALSE(accepted(decide(test::with_word(first), {.x509 = {"C"}}, approve)).held);
}

// FC-13
TEST(ChangePolicy, NeverTakesASequenceThatDecreases) {
  const BundleRecord current = in_use({.x509 = {"A"}, .sequence = 7});
  for (const ChangePolicy policy : {accept, overlap, approve}) {
    EXPECT_EQ(outcome(decide(current, {.x509 = {"B"}, .sequence = 6}, policy)), "sequence_older");
    EXPECT_EQ(outcome(decide(current, {.sequence = 6}, policy)), "sequence_older");
  }
}

TEST(ChangePolicy, IsWeakerThanTheOperatorsWord) {
  const auto current = test::with_word(in_use({.x509 = {"A"}, .sequence = 7}));
  EXPECT_EQ(accepted(decide(current, {.x509 = {"B"}, .sequence = 3}, approve)).highest_sequence, 3U);
}

TEST(ChangePolicy, GoesForImportedBundlesToo) {
  const BundleRecord current = in_use({.x509 = {"A"}, .sequence = 7});
  const auto import = [&](const BundleSpec& spec) {
    const Candidate candidate{test::make_bundle(spec), {.source = "b.jws"}, Origin::imported};
    return decide_fetched(test::decided_at, &current, candidate, {.policy = approve});
  };

  EXPECT_EQ(waiting(import({.x509 = {"B"}, .sequence = 8})).held->origin, Origin::imported);
  EXPECT_EQ(accepted(import({.sequence = 8})).origin, Origin::imported);
  EXPECT_EQ(outcome(import({.x509 = {"A"}, .sequence = 7})), "unchanged");
  EXPECT_EQ(outcome(import({.x509 = {"A"}, .sequence = 6})), "sequence_older");
}

TEST(ImportedBundle, ConfirmsNothing) {
  for (const Origin origin : {Origin::bootstrap, Origin::given, Origin::fetched, Origin::imported}) {
    BundleRecord current = in_use({.x509 = {"A"}, .sequence = 7});
    current.origin = origin;
    const Candidate candidate{current.bundle, {.source = "b.jws"}, Origin::imported};
    EXPECT_EQ(outcome(decide_fetched(test::decided_at, &current, candidate, {})), "unchanged");
  }
}

TEST(OverlapPolicy, IsNotEvadedByADetourOverAnEmptyBundle) {
  const BundleRecord revoked = accepted(decide(in_use({.x509 = {"A"}, .jwt = {"J"}}), {}, overlap));

  EXPECT_EQ(outcome(decide(revoked, {.x509 = {"B"}}, overlap)), "hold");
  EXPECT_EQ(outcome(decide(revoked, {.x509 = {"A"}}, overlap)), "accept");
  // Twice empty, with another sequence, is no way round either.
  const BundleRecord again = accepted(decide(revoked, {.sequence = 4}, overlap));
  EXPECT_EQ(outcome(decide(again, {.x509 = {"B"}, .sequence = 5}, overlap)), "hold");
}

TEST(OverlapPolicy, RemembersTheLastKeysOfEachUseByItself) {
  const BundleRecord only_x509 = accepted(decide(in_use({.x509 = {"A"}, .jwt = {"J"}}), {.x509 = {"A"}}, overlap));
  const BundleRecord rotated = accepted(decide(only_x509, {.x509 = {"A", "B"}}, overlap));

  EXPECT_EQ(outcome(decide(rotated, {.x509 = {"B"}, .jwt = {"K"}}, overlap)), "hold");
  EXPECT_THAT(waiting(decide(rotated, {.x509 = {"B"}, .jwt = {"K"}}, overlap)).held->why, HasSubstr("jwt-svid"));
  const BundleRecord back = accepted(decide(rotated, {.x509 = {"B"}, .jwt = {"J"}}, overlap));
  EXPECT_EQ(back.last_non_empty, nullptr);
  EXPECT_EQ(outcome(decide(back, {.x509 = {"A"}, .jwt = {"J"}}, overlap)), "hold");
}

TEST(OverlapPolicy, RemembersUnderEveryPolicySoThatItCanBeSwitchedOn) {
  const BundleRecord revoked = accepted(decide(in_use({.x509 = {"A"}}), {}, accept));
  EXPECT_EQ(outcome(decide(revoked, {.x509 = {"B"}}, overlap)), "hold");
}

TEST(RejectedBundle, IsRefusedUnderEveryPolicyWithTheWayOutInWords) {
  auto current = in_use({.x509 = {"A"}, .sequence = 7});
  current.rejected = {digest({.x509 = {"B"}})};

  for (const ChangePolicy policy : {accept, overlap, approve}) {
    const Error reason = refused(decide(current, {.x509 = {"B"}, .sequence = 9}, policy));
    EXPECT_EQ(reason.code(), Errc::rejected);
    EXPECT_THAT(reason.message(), HasSubstr(digest({.x509 = {"B"}})));
    EXPECT_THAT(reason.message(), HasSubstr("entente federation accept b.test --reason"));
  }
  EXPECT_EQ(outcome(decide(current, {.x509 = {"A", "B"}, .sequence = 9}, accept)), "accept");
}

TEST(RejectedBundle, DoesNotStandInTheWayOfARemoval) {
  auto current = in_use({.x509 = {"A", "B"}});
  current.rejected = {digest({.x509 = {"B"}}), digest({})};
  EXPECT_EQ(outcome(decide(current, {.x509 = {"B"}}, approve)), "accept");
  EXPECT_EQ(outcome(decide(current, {}, approve)), "accept");
}

TEST(RejectedBundle, StaysRejectedUntilSomebodysWordTakesIt) {
  auto current = in_use({.x509 = {"A"}, .sequence = 7});
  current.rejected = {digest({.x509 = {"B"}})};

  EXPECT_EQ(accepted(decide(current, {.x509 = {"C"}, .sequence = 8}, accept)).rejected, current.rejected);
  EXPECT_THAT(accepted(decide(test::with_word(current), {.x509 = {"B"}}, approve)).rejected, testing::IsEmpty());
}

}  // namespace
}  // namespace entente::trust
