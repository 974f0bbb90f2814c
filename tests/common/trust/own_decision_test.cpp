#include <gtest/gtest.h>

#include <limits>

#include "common/trust/decision.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::BundleSpec;
using test::make_bundle;

constexpr std::uint64_t seconds = 1'800'000'000;
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
const Time now = from_unix_seconds(1'800'000'000);

Decision decide(Time at, const std::optional<BundleRecord>& current, const BundleSpec& offered) {
  return decide_own(at, current ? &*current : nullptr, *make_bundle(offered), "issuer");
}

// Throws, and so fails the test, when the decision is another one.
BundleRecord accepted(const Decision& decision) { return std::get<Accept>(decision).next; }

std::uint64_t sequence_of(const Decision& decision) { return accepted(decision).bundle->sequence.value_or(0); }

bool unchanged(const Decision& decision) { return std::holds_alternative<Unchanged>(decision); }

BundleRecord own(const BundleSpec& offered) { return accepted(decide(now, std::nullopt, offered)); }

// TB-2
TEST(OwnBundle, BeginsAtTheTimeSoThatARebuiltDomainNeverPublishesLessThanBefore) {
  const BundleRecord next = own({.x509 = {"A"}});
  EXPECT_EQ(next.bundle->sequence, seconds);
  EXPECT_EQ(next.highest_sequence, seconds);
  EXPECT_EQ(next.origin, Origin::own);
  EXPECT_EQ(next.source, "issuer");
  EXPECT_EQ(next.fetched_at, std::nullopt);
}

// TB-2
TEST(OwnBundle, GetsAHigherSequenceWithEveryContentChange) {
  const BundleRecord first = own({.x509 = {"A"}});
  EXPECT_EQ(sequence_of(decide(now, first, {.x509 = {"A", "B"}})), seconds + 1);
  EXPECT_EQ(sequence_of(decide(now, first, {.x509 = {"A"}, .jwt = {"J"}})), seconds + 1);
  EXPECT_EQ(sequence_of(decide(now, first, {.x509 = {"A"}, .hint = 60s})), seconds + 1);
  EXPECT_EQ(sequence_of(decide(now + 1h, first, {.x509 = {"B"}})), seconds + 3600);
}

TEST(OwnBundle, KeepsItsSequenceWhileTheContentIsTheSame) {
  const BundleRecord first = own({.x509 = {"A"}, .jwt = {"J", "K"}, .hint = 60s});
  EXPECT_TRUE(unchanged(decide(now + 1h, first, {.x509 = {"A"}, .jwt = {"K", "J"}, .hint = 60s})));
}

// TB-2
TEST(OwnBundle, NeverGetsALowerSequenceBecauseTheClockWentBack) {
  const BundleRecord first = own({.x509 = {"A"}});
  EXPECT_EQ(sequence_of(decide(now - 24h, first, {.x509 = {"B"}})), seconds + 1);
  EXPECT_EQ(sequence_of(decide(from_unix_seconds(-5), first, {.x509 = {"B"}})), seconds + 1);
}

TEST(OwnBundle, AdoptsALargerSequenceOfItsSource) {
  EXPECT_EQ(sequence_of(decide(now, std::nullopt, {.x509 = {"A"}, .sequence = seconds + 50})), seconds + 50);

  const BundleRecord first = own({.x509 = {"A"}});
  EXPECT_EQ(sequence_of(decide(now, first, {.x509 = {"A"}, .sequence = seconds + 50})), seconds + 50);
  EXPECT_EQ(sequence_of(decide(now, first, {.x509 = {"B"}, .sequence = seconds + 50})), seconds + 50);
  EXPECT_TRUE(unchanged(decide(now, first, {.x509 = {"A"}, .sequence = 5})));
  EXPECT_EQ(sequence_of(decide(now, first, {.x509 = {"B"}, .sequence = 5})), seconds + 1);
}

TEST(OwnBundle, StaysAtTheLargestSequenceRatherThanBeginAnew) {
  const BundleRecord last = own({.x509 = {"A"}, .sequence = largest});
  EXPECT_EQ(sequence_of(decide(now, last, {.x509 = {"B"}})), largest);
}

// FC-14
TEST(OwnBundle, OfAnotherTrustDomainIsRefused) {
  EXPECT_TRUE(std::holds_alternative<Refuse>(decide(now, own({.x509 = {"A"}}), {.trust_domain = "c.test"})));
}

}  // namespace
}  // namespace entente::trust
