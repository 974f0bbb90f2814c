#include "workload/api/jwt_cache.hpp"

#include <gtest/gtest.h>

namespace entente::workload {
namespace {

const Time now = from_unix_seconds(1'800'000'000);
const Time later = now + std::chrono::minutes(2);
const JwtCache::Key key{"config-0", {"x", "y"}};

TEST(JwtCache, GivesATokenUntilItIsNotToBeUsedAnyMore) {
  JwtCache cache;
  cache.put(key, "token", now, later, 1);

  EXPECT_EQ(cache.find(key, now, 1), "token");
  EXPECT_FALSE(cache.find(key, later, 1));
}

TEST(JwtCache, TellsEntriesAndAudiencesApart) {
  JwtCache cache;
  cache.put(key, "token", now, later, 1);

  EXPECT_FALSE(cache.find({"config-1", {"x", "y"}}, now, 1));
  EXPECT_FALSE(cache.find({"config-0", {"x"}}, now, 1));
}

TEST(JwtCache, ForgetsTokensOfAnEarlierAuthority) {
  JwtCache cache;
  cache.put(key, "token", now, later, 1);

  EXPECT_FALSE(cache.find(key, now, 2));
}

TEST(JwtCache, GivesNoTokenFromTheFutureAfterTheClockWasSetBack) {
  JwtCache cache;
  cache.put(key, "token", now, later, 1);

  EXPECT_FALSE(cache.find(key, now - std::chrono::hours(1), 1));
}

TEST(JwtCache, DropsWhatWasUsedLeastRecentlyWhenItIsFull) {
  JwtCache cache;
  cache.put({"first", {}}, "first", now, later, 1);
  cache.put({"second", {}}, "second", now, later, 1);
  for (std::size_t i = 2; i < JwtCache::most_tokens; ++i) cache.put({std::to_string(i), {}}, "any", now, later, 1);
  ASSERT_TRUE(cache.find({"first", {}}, now, 1));

  cache.put({"one more", {}}, "any", now, later, 1);

  EXPECT_EQ(cache.size(), JwtCache::most_tokens);
  EXPECT_TRUE(cache.find({"first", {}}, now, 1));
  EXPECT_FALSE(cache.find({"second", {}}, now, 1));
}

TEST(JwtCache, KeepsNoTokenOfAHugeAudience) {
  JwtCache cache;
  const JwtCache::Key huge{"config-0", {std::string(JwtCache::largest_audience + 1, 'x')}};

  cache.put(huge, "token", now, later, 1);

  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace entente::workload
