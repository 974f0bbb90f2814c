// What a poll costs the control thread, what it writes, and what a peer costs between two polls.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "tests/costs/peer_fixture.hpp"
#include "tests/costs/write_ahead_log.hpp"

namespace entente::test {
namespace {

using PollCost = PeerCost;

constexpr std::size_t polls = 50;

// Of them three are OpenSSL's buffers of 16 KB (two for reading, one for writing) and one is the 32 KB for the answer;
// some fifteen are OpenSSL's small ones, a SHA-256 included, and the rest is the request, the answer's headers, the
// status, and coroutines.
TEST_F(PollCost, OfAnUnchangedOneOnAKeptConnection) {
  federate();
  Meter warming, cost;
  poll(warming, 5);

  poll(cost, polls);

  EXPECT_EQ(peers.front().server.accepted(), 1) << "the connection is kept";
  EXPECT_EQ(peers.front().asked(), 1 + 5 + polls);
  EXPECT_LE(cost.allocations().count, at_most(84, polls)) << cost;
  EXPECT_LE(cost.allocations().bytes, polls * 86000) << cost;
  // The request and the answer; nothing behind it; the waits for the due time, for the answer, and one turn between.
  EXPECT_EQ(cost.calls().of("sendto"), polls) << cost;
  EXPECT_LE(cost.calls().of("recvfrom"), polls) << cost;
  EXPECT_LE(cost.calls().of("epoll_wait"), at_most(3, polls)) << cost;
  EXPECT_LE(cost.calls().of("epoll_ctl"), polls) << cost;
  EXPECT_LE(cost.calls().of("timerfd_settime"), at_most(2, polls)) << cost;
  EXPECT_LE(cost.calls().total(), at_most(8, polls)) << cost;
}

// Due together, at that: what waiting costs is shared.
TEST_F(PollCost, OfAnUnchangedOneIsTheSameAmongManyPeers) {
  constexpr std::size_t count = 40, times = 5;
  federate(count);
  Meter warming, cost;
  poll(warming, 2);

  poll(cost, times);

  for (const Peer& peer : peers) EXPECT_EQ(peer.asked(), 1 + 2 + times);
  EXPECT_LE(cost.allocations().count, at_most(84, count * times)) << cost;
  EXPECT_LE(cost.allocations().bytes, count * times * 86000) << cost;
  EXPECT_LE(cost.calls().total(), at_most(8, count * times)) << cost;
}

TEST_F(PollCost, OfAnUnchangedOneInBytesWrittenIsNothing) {
  federate();
  const std::filesystem::path database = folder / "entente.db";
  const auto database_time = std::filesystem::last_write_time(database);
  const auto log_time = std::filesystem::last_write_time(database.string() + "-wal");
  const WriteAheadLog before = read_write_ahead_log(database);
  ASSERT_GT(before.transactions, 0U) << "the first bundle";

  Meter uncounted;
  poll(uncounted, 20);

  const WriteAheadLog written = read_write_ahead_log(database) - before;
  EXPECT_EQ(written.pages, 0U);
  EXPECT_EQ(written.transactions, 0U);
  EXPECT_EQ(std::filesystem::last_write_time(database), database_time);
  EXPECT_EQ(std::filesystem::last_write_time(database.string() + "-wal"), log_time);
}

// One X.509 authority. Nine in ten of the allocations are OpenSSL's for reading the one certificate and its key, whose
// number differs between its releases; that the certificate is read once and no more is what the bound says.
TEST_F(PollCost, OfAChangedOne) {
  federate();
  const WriteAheadLog before = read_write_ahead_log(folder / "entente.db");
  constexpr std::size_t changes = 10;

  Meter cost;
  for (std::size_t i = 0; i < changes; ++i) {
    peers.front().publish(2 + i);
    poll(cost, 1);
  }

  EXPECT_EQ(ledger->current()->find(domain("peer0.test"))->bundle->sequence, 1 + changes);
  EXPECT_LE(cost.allocations().count, 2500 * changes) << cost;
  EXPECT_LE(cost.allocations().bytes, 220000 * changes) << cost;
  EXPECT_EQ(cost.calls().of("sendto"), changes) << cost;
  EXPECT_LE(cost.calls().of("recvfrom"), changes) << cost;
  // One transaction, of the bundle and of its history entry; about five pages of 4 KB, however many peers there are.
  const WriteAheadLog written = read_write_ahead_log(folder / "entente.db") - before;
  EXPECT_EQ(written.transactions, changes);
  EXPECT_LE(written.pages, 6 * changes);
}

// "socket", "anon_inode:[timerfd]" and the like, and how many of each this process holds.
std::map<std::string, int> descriptors() {
  std::map<std::string, int> held;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the iterator's own, at its end
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    ++held[target.starts_with("socket:") ? "socket" : target];
  }
  return held;
}

TEST_F(PollCost, BetweenTwoPollsIsOneSocketAndOneSleepForAPeer) {
  federate();
  auto expected = descriptors();
  const std::size_t sleeping = clock.sleepers();
  ASSERT_EQ(expected["anon_inode:[timerfd]"], 2) << "one for each io_context";

  federate(20);

  expected["socket"] += 3 * 20;  // of which two are the peer's own: its listening one and its end of the connection
  EXPECT_EQ(descriptors(), expected);
  EXPECT_EQ(clock.sleepers() - sleeping, 20U);
}

}  // namespace
}  // namespace entente::test
