#include "workload/api/message_cache.hpp"

#include <gtest/gtest.h>

#include "spiffe/workload/workload.pb.h"
#include "tests/workload/support/snapshots.hpp"

namespace entente::workload {
namespace {

class MessageCacheTest : public testing::Test {
 protected:
  MessagePtr get(const trust::SnapshotPtr& snapshot, const std::string& content, int key = 1) {
    const Result<MessagePtr> message = cache.get(key, snapshot, [&]() -> Result<Message> {
      ++made;
      JWTSVID any;
      any.set_svid(content);
      return Message(any);
    });
    return message ? *message : nullptr;
  }

  MessageCache<int> cache;
  int made = 0;
  const trust::SnapshotPtr first = test::snapshot_of(std::nullopt, {}), second = test::snapshot_of(std::nullopt, {});
};

TEST_F(MessageCacheTest, MakesAMessageOnceForAllThatSeeTheSame) {
  const MessagePtr one = get(first, "x");

  EXPECT_EQ(get(first, "x"), one);
  EXPECT_EQ(made, 1);
}

TEST_F(MessageCacheTest, GivesTheEarlierObjectWhenANewSnapshotShowsTheSame) {
  const MessagePtr one = get(first, "x");

  EXPECT_EQ(get(second, "x"), one);
  EXPECT_EQ(made, 2);
}

TEST_F(MessageCacheTest, GivesAnotherObjectWhenTheContentDiffers) {
  const MessagePtr one = get(first, "x");

  EXPECT_NE(get(second, "y"), one);
}

TEST_F(MessageCacheTest, DropsWhatARoundDidNotUse) {
  std::weak_ptr<const Message> one = get(first, "x");
  std::weak_ptr<const Message> two = get(first, "y", 2);
  cache.next_round();
  get(first, "y", 2);

  cache.next_round();

  EXPECT_TRUE(one.expired());
  EXPECT_FALSE(two.expired());
}

}  // namespace
}  // namespace entente::workload
