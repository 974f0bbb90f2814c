#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using trust::RelationshipState;

class Schedule : public SyncerTest {
 protected:
  Duration wait_after_poll(std::optional<std::chrono::seconds> hint) {
    network.at(url).serve(document(b.bundle(7, hint)));
    set({web("b.test")});
    until_polled("b.test", 1);
    return *status("b.test").attempts.next_attempt - clock.now();
  }
};

// FC-11
TEST_F(Schedule, FollowsThePeersHint) { EXPECT_EQ(wait_after_poll(77s), 77s); }
TEST_F(Schedule, IsFiveMinutesWithoutAHint) { EXPECT_EQ(wait_after_poll(std::nullopt), 5min); }
TEST_F(Schedule, HasAFloor) { EXPECT_EQ(wait_after_poll(1s), 30s); }
TEST_F(Schedule, HasACeiling) { EXPECT_EQ(wait_after_poll(200h), 24h); }

TEST_F(Schedule, IsShortenedAtRandom) {
  policy.jitter = 0.1;
  random = 0;
  const Duration shortest = wait_after_poll(100s);
  random = 0.999;
  advance(shortest);
  until_polled("b.test", 2);
  const Duration longest = *status("b.test").attempts.next_attempt - clock.now();

  EXPECT_EQ(shortest, 90s);
  EXPECT_GT(longest, 99s);
  EXPECT_LE(longest, 100s);
}

TEST_F(Schedule, PollsWhenDueAndNotBefore) {
  wait_after_poll(100s);

  advance(99s);
  EXPECT_EQ(requests(), 1U);
  advance(1s);
  EXPECT_EQ(requests(), 2U);
}

TEST_F(Schedule, SpreadsThePeersThatBeginTogether) {
  constexpr int peers = 1050;
  const std::string served = document(b.bundle(1, 100s));
  List all;
  for (int i = 0; i < peers; ++i) {
    const std::string name = "p" + std::to_string(1000 + i) + ".test", endpoint = "https://" + name + "/";
    network.at(endpoint).serve(served);
    all.push_back(web(name, endpoint));
  }
  const auto asked = [&] {
    int count = 0;
    for (const auto& relationship : all) count += static_cast<int>(requests(relationship->endpoint_urls.front().str()));
    return count;
  };

  set(all);
  turn();
  EXPECT_EQ(asked(), 50);
  advance(1s);
  EXPECT_EQ(asked(), 550);
  must(run(io, syncer->refresh(all.back()->trust_domain)));
  EXPECT_EQ(asked(), 551) << "who is asked for does not wait its turn";
  advance(1s);
  EXPECT_EQ(asked(), peers);
  for (const auto& relationship : all) {
    const std::string endpoint = relationship->endpoint_urls.front().str();
    EXPECT_EQ(requests(endpoint), 1U) << endpoint;
  }
}

// FC-12
TEST_F(Schedule, WaitsForTheNextIntervalAfterAFailure) {
  wait_after_poll(100s);
  network.at(url).fail(Errc::connect, "connect: connection refused");
  advance(100s);
  until_polled("b.test", 2);

  advance(99s);
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(status("b.test").state, RelationshipState::failing);
  advance(1s);
  EXPECT_EQ(requests(), 3U);
}

// FC-12: the exception for a peer never fetched yet.
TEST_F(Schedule, TriesAPeerNeverFetchedAtTheFloor) {
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente",
                      std::make_shared<const spiffe::Bundle>(b.bundle(1, 3600s)))});
  until_polled("b.test", 1);

  advance(29s);
  EXPECT_EQ(requests(), 1U);
  advance(1s);
  EXPECT_EQ(requests(), 2U);
}

TEST_F(Schedule, OfOthersIsKeptWhileOnePeerHangs) {
  const std::string stuck = "https://stuck.example/";
  network.at(stuck).hang();
  network.at(url).serve(document(b.bundle(7, 30s)));
  policy.timeout = 1h;
  set({web("stuck.test", stuck), web("b.test")});
  until_polled("b.test", 1);

  for (std::size_t polls = 2; polls < 12; ++polls) {
    advance(30s);
    until_polled("b.test", polls);
    EXPECT_EQ(requests(), polls);
    EXPECT_EQ(status("b.test").attempts.last_attempt, clock.now());
  }

  EXPECT_EQ(network.at(stuck).under_way(), 1);
}

TEST_F(Schedule, SaysThatAPeerTookTooLong) {
  network.at(url).hang();
  set({web("b.test")});
  turn();

  advance(10s);
  until_polled("b.test", 1);

  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::timeout);
  EXPECT_EQ(status("b.test").state, RelationshipState::pending);
}

TEST_F(Schedule, FollowsAChangedPolicyAtOnce) {
  wait_after_poll(3600s);
  advance(40s);

  policy.ceiling = 60s;
  set({web("b.test")});
  turn();

  EXPECT_EQ(*status("b.test").attempts.next_attempt - clock.now(), 20s);
  advance(19s);
  EXPECT_EQ(requests(), 1U);
  advance(1s);
  EXPECT_EQ(requests(), 2U);
}

TEST_F(Schedule, YieldsToARefresh) {
  wait_after_poll(100s);
  network.at(url).serve(document(b_next.bundle(8, 100s)));

  const auto refreshed = run(io, syncer->refresh(domain("b.test")));

  ASSERT_TRUE(refreshed);
  EXPECT_EQ(refreshed->sequence, 8U);
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(*refreshed->attempts.next_attempt - clock.now(), 100s);
}

TEST_F(Schedule, SharesOneRefreshAmongAllWhoAsk) {
  wait_after_poll(100s);
  int answered = 0;
  for (int i = 0; i < 5; ++i)
    asio::co_spawn(io, syncer->refresh(domain("b.test")),
                   [&](std::exception_ptr, const auto& result) { answered += result.has_value() ? 1 : 0; });

  until([&] { return answered == 5; });

  EXPECT_EQ(requests(), 2U);
}

TEST_F(Schedule, RefreshesAfterAPollThatIsUnderWay) {
  network.at(url).hang();
  set({web("b.test")});
  until([&] { return network.at(url).under_way() == 1; });
  std::optional<trust::RelationshipStatus> refreshed;
  asio::co_spawn(io, syncer->refresh(domain("b.test")),
                 [&](std::exception_ptr, const auto& result) { refreshed = result.value(); });
  turn();
  network.at(url).serve(document(b.bundle(7)));

  advance(10s);
  until([&] { return refreshed.has_value(); });

  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(refreshed->state, RelationshipState::current);
}

TEST_F(Schedule, GivesTheOutcomeOfAFailedRefreshInTheStatus) {
  wait_after_poll(100s);
  network.at(url).fail(Errc::dns, "dns: no address for b.example: Domain name not found");

  const auto refreshed = run(io, syncer->refresh(domain("b.test")));
  const auto unknown = run(io, syncer->refresh(domain("nobody.test")));

  EXPECT_EQ(refreshed.value().attempts.last_error->code(), Errc::dns);
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
}

TEST_F(Schedule, CountsARestartAsTheBeginningOfStaleness) {
  wait_after_poll(100s);
  network.at(url).fail(Errc::connect, "connect: connection refused");
  close();
  clock.advance(1h);

  open();
  set({web("b.test")});
  until_polled("b.test", 2);
  const auto at_first = status("b.test").state;
  for (std::size_t polls = 3; polls < 7; ++polls) {
    advance(100s);
    until_polled("b.test", polls);
  }

  EXPECT_EQ(at_first, RelationshipState::failing) << "fetched before the restart counts as fetched";
  EXPECT_EQ(status("b.test").state, RelationshipState::stale);
}

}  // namespace
}  // namespace entente::test
