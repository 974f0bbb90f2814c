#include "common/trust/polling.hpp"

#include <gtest/gtest.h>

#include <random>

namespace entente::trust {
namespace {

using namespace std::chrono_literals;

constexpr double nearly_one = 0.999999;

// FC-11
TEST(RefreshSchedule, FollowsThePeersHintAndFiveMinutesWithout) {
  const PollingPolicy policy;
  EXPECT_EQ(effective_interval(90s, policy), 90s);
  EXPECT_EQ(effective_interval(std::nullopt, policy), 5min);
}

TEST(RefreshSchedule, KeepsAnyHintBetweenFloorAndCeiling) {
  const PollingPolicy policy;
  EXPECT_EQ(effective_interval(0s, policy), policy.floor);
  EXPECT_EQ(effective_interval(-5s, policy), policy.floor);
  EXPECT_EQ(effective_interval(1s, policy), policy.floor);
  EXPECT_EQ(effective_interval(48h, policy), policy.ceiling);
  EXPECT_EQ(effective_interval(std::chrono::seconds::max(), policy), policy.ceiling);
  EXPECT_EQ(effective_interval(std::chrono::seconds::min(), policy), policy.floor);
}

TEST(RefreshSchedule, ShortensTheIntervalByAtMostTheJitter) {
  const PollingPolicy policy;
  EXPECT_EQ(next_wait(true, 100s, policy, 0.0), 90s);
  EXPECT_GT(next_wait(true, 100s, policy, nearly_one), 99s);
  EXPECT_LE(next_wait(true, 100s, policy, nearly_one), 100s);
}

// FC-12
TEST(RefreshSchedule, TriesAPeerNeverFetchedAtTheFloorAndOthersAtTheirInterval) {
  const PollingPolicy policy;
  EXPECT_EQ(next_wait(false, std::nullopt, policy, 0.0), policy.floor);
  EXPECT_EQ(next_wait(false, 1h, policy, 0.0), policy.floor);
  EXPECT_GE(next_wait(true, 1h, policy, 0.0), 54min);
}

// FC-12
TEST(RefreshSchedule, NeverWaitsLessThanTheFloor) {
  PollingPolicy policy;
  policy.jitter = 1.0;
  for (const double random : {0.0, 0.3, 0.7, nearly_one}) {
    EXPECT_GE(next_wait(true, 1s, policy, random), policy.floor);
    EXPECT_GE(next_wait(true, 31s, policy, random), policy.floor);
    EXPECT_GE(next_wait(false, std::nullopt, policy, random), policy.floor);
  }
}

TEST(RefreshSchedule, LetsPeersThatWereStartedTogetherDriftApartAtTheFloorToo) {
  const PollingPolicy policy;
  for (const bool ever_fetched : {false, true}) {
    EXPECT_NE(next_wait(ever_fetched, 30s, policy, 0.1), next_wait(ever_fetched, 30s, policy, 0.9));
    EXPECT_LE(next_wait(ever_fetched, 30s, policy, nearly_one), 33s);
  }
}

TEST(RefreshSchedule, SpreadsAHundredPeersOverTheirIntervalWithinADay) {
  const PollingPolicy policy;
  std::mt19937 generator(7);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::vector<int> polls_in_window(10, 0);

  for (int peer = 0; peer < 100; ++peer) {
    Duration at{0};
    while (at < 24h) at += next_wait(true, 5min, policy, uniform(generator));
    const auto window = std::min<long>(9, (at - Duration(24h)) / Duration(30s));
    ++polls_in_window[static_cast<std::size_t>(window)];
  }

  for (const int polls : polls_in_window) EXPECT_LT(polls, 30);
}

}  // namespace
}  // namespace entente::trust
