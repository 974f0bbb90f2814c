#include "common/telemetry/readiness.hpp"

#include <gmock/gmock.h>

namespace entente::telemetry {
namespace {

TEST(Readiness, IsReadyWhileNothingIsUnmet) {
  Readiness readiness;
  EXPECT_TRUE(readiness.ready());

  readiness.unmet("publication", "not there yet");
  EXPECT_FALSE(readiness.ready());

  readiness.met("publication");
  EXPECT_TRUE(readiness.ready());
}

TEST(Readiness, ListsTheLatestReasonOfEachConditionSorted) {
  Readiness readiness;
  readiness.unmet("publication", "old");
  readiness.unmet("certificate", "none");
  readiness.unmet("publication", "not there yet");

  EXPECT_THAT(readiness.reasons(), testing::ElementsAre("certificate: none", "publication: not there yet"));
}

TEST(Readiness, TellsOfChangesUntilTheSubscriptionEnds) {
  Readiness readiness;
  std::vector<bool> told;
  Readiness::Subscription subscription = readiness.subscribe([&] { told.push_back(readiness.ready()); });

  readiness.met("never unmet");
  readiness.unmet("publication", "not there yet");
  readiness.met("publication");
  subscription.reset();
  readiness.unmet("publication", "gone");

  EXPECT_THAT(told, testing::ElementsAre(false, true));
}

}  // namespace
}  // namespace entente::telemetry
