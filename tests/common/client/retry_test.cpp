#include "common/client/retry.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace entente::client {
namespace {

using namespace std::chrono_literals;

TEST(Retry, ConnectsAgainAtOnceAfterTheFirstLoss) {
  Retry retry;

  EXPECT_EQ(retry.next(true, 10ms), 0s);
}

TEST(Retry, DoublesItsWaitFromASecondToThirtyWhileNothingAnswers) {
  Retry retry;
  std::vector<Duration> waits;

  for (int i = 0; i < 7; ++i) waits.push_back(retry.next(false, 0s));

  EXPECT_EQ(waits, (std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 30s, 30s}));
}

TEST(Retry, StartsOverOnceAStreamHasWorked) {
  Retry retry;
  for (int i = 0; i < 5; ++i) (void)retry.next(false, 0s);

  EXPECT_EQ(retry.next(true, 1h), 0s);
  EXPECT_EQ(retry.next(false, 0s), 1s);
}

TEST(Retry, DoesNotHammerAServerThatEndsEachStreamAtOnce) {
  Retry retry;
  (void)retry.next(true, 10ms);

  EXPECT_EQ(retry.next(true, 10ms), 1s);
  EXPECT_EQ(retry.next(true, 10ms), 2s);
}

}  // namespace
}  // namespace entente::client
