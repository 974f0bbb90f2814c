#include "workload/helper/jwt_renewal.hpp"

#include <gtest/gtest.h>

namespace entente::helper {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Time now = from_unix_seconds(1'800'000'000);

TEST(JwtRenewal, IsDueAtHalfOfWhatIsLeft) {
  JwtRenewal renewal;
  EXPECT_EQ(renewal.after_success(now, now + minutes(5)), seconds(150));
}

TEST(JwtRenewal, NeverHammersForTokensThatEndSoon) {
  JwtRenewal renewal;
  EXPECT_EQ(renewal.after_success(now, now + seconds(1)), seconds(1));
  EXPECT_EQ(renewal.after_success(now, now - minutes(5)), seconds(1));
}

TEST(JwtRenewal, IsRetriedWithPausesThatGrowUntilItWorks) {
  JwtRenewal renewal;
  for (const int pause : {1, 2, 4, 8, 16, 30, 30}) EXPECT_EQ(renewal.after_failure(), seconds(pause));
  renewal.after_success(now, now + minutes(5));
  EXPECT_EQ(renewal.after_failure(), seconds(1));
}

}  // namespace
}  // namespace entente::helper
