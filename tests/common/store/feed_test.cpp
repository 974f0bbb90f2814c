#include "common/store/feed.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

namespace entente::store {
namespace {

trust::SnapshotPtr version(std::uint64_t number) {
  auto snapshot = std::make_shared<trust::Snapshot>();
  snapshot->version = number;
  return snapshot;
}

TEST(Feed, HoldsTheNewestSnapshotAndTellsSubscribersOfEach) {
  Feed feed;
  std::vector<std::uint64_t> seen;
  EXPECT_EQ(feed.current()->version, 0U);

  const auto subscription = feed.subscribe([&](const auto& snapshot) { seen.push_back(snapshot->version); });
  feed.publish(version(1));
  feed.publish(version(2));

  EXPECT_EQ(feed.current()->version, 2U);
  EXPECT_THAT(seen, testing::ElementsAre(1, 2));
}

TEST(Feed, CallsNobodyAfterTheSubscriptionEnded) {
  Feed feed;
  int calls = 0;
  auto first = feed.subscribe([&](const auto&) { ++calls; });
  auto second = std::move(first);
  feed.publish(version(1));

  second = Feed::Subscription();
  feed.publish(version(2));

  EXPECT_EQ(calls, 1);
}

TEST(Feed, LetsAListenerEndSubscriptionsItsOwnIncluded) {
  Feed feed;
  std::vector<std::string> calls;
  Feed::Subscription first, second, third;
  first = feed.subscribe([&](const auto&) {
    calls.emplace_back("first");
    second = Feed::Subscription();
    first = Feed::Subscription();
  });
  second = feed.subscribe([&](const auto&) { calls.emplace_back("second"); });
  third = feed.subscribe([&](const auto&) { calls.emplace_back("third"); });

  feed.publish(version(1));
  feed.publish(version(2));

  EXPECT_THAT(calls, testing::ElementsAre("first", "third", "third"));
}

// For ThreadSanitizer above all: readers, subscribers that come and go, and one publisher.
TEST(Feed, ServesManyThreadsWhileSnapshotsArePublished) {
  constexpr std::uint64_t last = 2000;
  Feed feed;
  std::atomic<bool> done = false;
  std::atomic<int> out_of_order = 0;

  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      std::uint64_t newest = 0;
      while (!done) {
        const std::uint64_t now = feed.current()->version;
        if (now < newest) ++out_of_order;
        newest = now;
      }
    });
    threads.emplace_back([&] {
      while (!done) {
        std::uint64_t newest = 0;  // not atomic: no call may run after the subscription ended
        const auto subscription = feed.subscribe([&](const auto& snapshot) {
          if (snapshot->version <= newest) ++out_of_order;
          newest = snapshot->version;
        });
        std::this_thread::yield();
      }
    });
  }
  for (std::uint64_t number = 1; number <= last; ++number) feed.publish(version(number));
  done = true;
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(out_of_order, 0);
  EXPECT_EQ(feed.current()->version, last);
}

}  // namespace
}  // namespace entente::store
