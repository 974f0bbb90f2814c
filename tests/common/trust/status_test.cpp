#include "common/trust/status.hpp"

#include <gmock/gmock.h>

#include "tests/common/trust/bundles.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::fetched;
using test::make_bundle;
using testing::ElementsAre;
using testing::IsEmpty;

const Time start = from_unix_seconds(1'800'000'000);

struct Given {
  Relationship relationship = {
      .trust_domain = test::domain("b.test"),
      .endpoint_urls = {EndpointUrl::parse("https://b.example/").value()},
      .profile = HttpsWeb{},
  };
  ChangePolicy default_policy = ChangePolicy::accept;
  std::optional<BundleRecord> record;
  Attempts attempts;
  Time now = start + 1min;
  bool persisted = true;
};

RelationshipStatus status(const Given& given) {
  const auto relationship = std::make_shared<const Relationship>(given.relationship);
  return status_of(relationship, given.record ? &*given.record : nullptr, given.attempts, PollingPolicy(),
                   given.default_policy, start, given.now, given.persisted);
}

Attempts failed(Time last_success) {
  Attempts attempts;
  attempts.last_success = last_success;
  attempts.consecutive_failures = 1;
  attempts.last_error = Error(Errc::connect, "connection refused");
  return attempts;
}

TEST(RelationshipStatus, IsPendingUntilSomethingWasFetched) {
  Given nothing;
  nothing.attempts.consecutive_failures = 3;
  nothing.attempts.last_error = Error(Errc::dns, "no such name");
  EXPECT_EQ(status(nothing).state, RelationshipState::pending);
  EXPECT_EQ(status(nothing).attempts.last_error->code(), Errc::dns);
  EXPECT_EQ(status(nothing).sequence, std::nullopt);

  Given bootstrap;
  bootstrap.record = fetched(make_bundle({.x509 = {"A"}, .sequence = 4}), start);
  bootstrap.record->origin = Origin::bootstrap;
  bootstrap.now = start + 24h * 365;
  EXPECT_EQ(status(bootstrap).state, RelationshipState::pending);
  EXPECT_EQ(status(bootstrap).sequence, 4U);
  EXPECT_EQ(status(bootstrap).x509_authorities, 1U);
}

// TB-6
TEST(RelationshipStatus, IsRevokedWhenTheHeldBundleIsEmptyHoweverTheLastAttemptWent) {
  Given given;
  given.record = fetched(make_bundle({.sequence = 9}), start);
  given.attempts = failed(start);
  given.now = start + 24h;
  EXPECT_EQ(status(given).state, RelationshipState::revoked);
}

TEST(RelationshipStatus, IsExpiredWhenNoAuthorityCanValidateAnythingAnyMore) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start);
  given.now = test::authorities_end() + 1s;
  EXPECT_EQ(status(given).state, RelationshipState::expired);

  // A JWT key has no end: what it signs still validates.
  given.record = fetched(make_bundle({.x509 = {"A"}, .jwt = {"J"}}), start);
  EXPECT_EQ(status(given).state, RelationshipState::stale);
  EXPECT_EQ(status(given).earliest_expiry, test::authorities_end());
}

HeldBundle waiting() {
  return {make_bundle({.x509 = {"B"}}), "digest", Origin::fetched, {}, start, "policy approve: authorities are added"};
}

TEST(RelationshipStatus, IsHeldWhereAChangeWaitsAndNothingIsWorse) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start);
  given.record->held = waiting();
  given.attempts = failed(start);
  given.now = start + 24h;
  EXPECT_EQ(status(given).state, RelationshipState::held);
  EXPECT_EQ(status(given).held->digest, "digest");
  EXPECT_EQ(status(given).x509_authorities, 1U);

  given.now = test::authorities_end() + 1s;
  EXPECT_EQ(status(given).state, RelationshipState::expired);
  EXPECT_TRUE(status(given).held);
  given.record->bundle = make_bundle({});
  EXPECT_EQ(status(given).state, RelationshipState::revoked);
}

TEST(RelationshipStatus, IsHeldRatherThanPendingWhereTheFirstBundleWaits) {
  Given given;
  given.record = fetched(make_bundle({}), start);
  given.record->origin = Origin::none;
  given.record->held = waiting();
  EXPECT_EQ(status(given).state, RelationshipState::held);
  EXPECT_EQ(status(given).last_change, std::nullopt);
  given.record->origin = Origin::bootstrap;
  EXPECT_EQ(status(given).state, RelationshipState::held);

  given.record->origin = Origin::none;
  given.record->held.reset();
  EXPECT_EQ(status(given).state, RelationshipState::pending);
}

TEST(RelationshipStatus, CountsAnImportedBundleAsThePeersOwnButNotAGivenOne) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start);
  given.record->origin = Origin::imported;
  EXPECT_EQ(status(given).state, RelationshipState::current);
  given.record->origin = Origin::given;
  EXPECT_EQ(status(given).state, RelationshipState::pending);
}

TEST(RelationshipStatus, ShowsThePolicyThatApplies) {
  Given given;
  given.default_policy = ChangePolicy::overlap;
  EXPECT_EQ(status(given).policy, ChangePolicy::overlap);
  given.relationship.policy = ChangePolicy::approve;
  EXPECT_EQ(status(given).policy, ChangePolicy::approve);
}

TEST(RelationshipStatus, IsStaleOnlyAfterThreeEffectiveIntervalsWithoutASuccess) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}, .hint = 60s}), start);
  given.attempts = failed(start + 10s);

  given.now = start + 10s + 180s;
  EXPECT_EQ(status(given).state, RelationshipState::failing);
  given.now += 1s;
  EXPECT_EQ(status(given).state, RelationshipState::stale);
}

TEST(RelationshipStatus, CountsStalenessFromTheStartAfterARestart) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start - 24h);

  given.now = start + 15min;
  EXPECT_EQ(status(given).state, RelationshipState::current);
  EXPECT_EQ(status(given).attempts.last_success, std::nullopt);
  given.now += 1s;
  EXPECT_EQ(status(given).state, RelationshipState::stale);
}

TEST(RelationshipStatus, IsNotStaleBecauseTheClockWentBack) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start);
  given.attempts.last_success = start;
  given.now = start - 24h;
  EXPECT_EQ(status(given).state, RelationshipState::current);
}

TEST(RelationshipStatus, IsFailingAfterAFailureAndCurrentAfterASuccess) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}, .jwt = {"J", "K"}, .sequence = 7, .hint = 300s}), start);
  given.attempts = failed(start);
  EXPECT_EQ(status(given).state, RelationshipState::failing);

  given.attempts = Attempts();
  given.attempts.last_success = start;
  const RelationshipStatus current = status(given);
  EXPECT_EQ(current.state, RelationshipState::current);
  EXPECT_EQ(current.sequence, 7U);
  EXPECT_EQ(current.refresh_hint, 300s);
  EXPECT_EQ(current.x509_authorities, 1U);
  EXPECT_EQ(current.jwt_authorities, 2U);
  EXPECT_EQ(current.last_change, start);
  EXPECT_EQ(current.attempts.last_error, std::nullopt);
  EXPECT_THAT(current.warnings, IsEmpty());
}

TEST(RelationshipStatus, ShowsEveryWarning) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start);
  given.record->sequence_reused = true;
  given.record->sequence_missing = true;
  given.record->rolled_back = true;
  given.persisted = false;
  EXPECT_THAT(status(given).warnings,
              ElementsAre("sequence_reused", "sequence_missing", "rolled_back", "not_persisted"));
}

TEST(RelationshipStatus, SaysThatTheStoreStandsInTheWayUnlessSomethingElseDoes) {
  Given given;
  given.record = fetched(make_bundle({.x509 = {"A"}}), start);
  given.persisted = false;
  EXPECT_EQ(status(given).attempts.last_error->code(), Errc::store);

  given.attempts = failed(start);
  EXPECT_EQ(status(given).attempts.last_error->code(), Errc::connect);
}

TEST(RelationshipStatus, UsesTheWordsOfTheInterface) {
  using enum RelationshipState;
  std::vector<std::string_view> words;
  for (const auto state : {pending, revoked, expired, held, stale, failing, current}) words.push_back(to_string(state));
  EXPECT_THAT(words, ElementsAre("pending", "revoked", "expired", "held", "stale", "failing", "current"));
  EXPECT_EQ(profile_name(HttpsWeb{}), "https_web");
  EXPECT_EQ(profile_name(HttpsSpiffe{spiffe::SpiffeId::of(test::domain("b.test"))}), "https_spiffe");
}

}  // namespace
}  // namespace entente::trust
