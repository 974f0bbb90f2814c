#include "workload/delegated/patience.hpp"

#include <gtest/gtest.h>

namespace entente::workload {
namespace {

TEST(Patience, LetsEverybodyWaitForAnAgentThatAnswers) {
  Patience patience;

  const Patience::Turn first = patience.begin(), second = patience.begin();

  EXPECT_TRUE(first.may_wait && second.may_wait);
  patience.end(first, false);
  EXPECT_TRUE(patience.begin().may_wait);
}

TEST(Patience, LetsOneAtATimeWaitOnceSomebodyHasWaitedInVain) {
  Patience patience;
  patience.end(patience.begin(), true);

  const Patience::Turn one = patience.begin();

  EXPECT_TRUE(one.may_wait);
  EXPECT_FALSE(patience.begin().may_wait);
  patience.end(one, true);
  EXPECT_TRUE(patience.begin().may_wait);
}

TEST(Patience, LetsEverybodyWaitAgainOnceTheAgentAnswers) {
  Patience patience;
  patience.end(patience.begin(), true);
  const Patience::Turn one = patience.begin();

  patience.answered();

  EXPECT_TRUE(patience.begin().may_wait && patience.begin().may_wait);
  patience.end(one, false);
  EXPECT_TRUE(patience.begin().may_wait);
}

}  // namespace
}  // namespace entente::workload
