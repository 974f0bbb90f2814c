// What a changed bundle costs on its way to the streams that see it.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>

#include "tests/costs/meter.hpp"
#include "tests/workload/api/api_fixture.hpp"
#include "workload/api/states.hpp"

namespace entente::test {
namespace {

// gRPC's threads are its own, so its system calls are counted in front of libc's functions, for the whole process.
std::atomic<std::uint64_t> sent = 0;

}  // namespace

extern "C" ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  ++sent;
  return ::syscall(SYS_sendmsg, socket, message, flags);
}

namespace {

using workload::MessagePtr;
using workload::StreamKind;

// Another one for each number.
spiffe::Bundle bundle_of(const FakeDomain& of, std::size_t authorities, std::uint64_t number) {
  spiffe::Bundle bundle = of.bundle();
  bundle.x509_authorities.resize(authorities - number % 2, bundle.x509_authorities.front());
  bundle.sequence = number;
  return bundle;
}

class FanOutCost : public ApiFixture {
 protected:
  // What the states of so many workloads with the same entitlement cost after a change of a bundle of 40 KB. Large is
  // an allocation of half of that: nothing but a copy of it.
  Allocations cost_of_states(std::size_t workloads) {
    constexpr std::size_t authorities = 100;
    workload::States states(access, feed, log);
    feed.publish(snapshot_of(a.trust_domain(), {a.bundle(), bundle_of(b, authorities, 1)}));
    const workload::Workload who{nullptr, {must(trust::Selector::parse(own_uid_selector()))}};
    const MessagePtr before_change = must(states.state_for(StreamKind::x509_bundles, who));
    test::publish(feed, bundle_of(b, authorities, 2));
    count_large_from(before_change->size() / 2);
    const Allocations before = allocations_of_thread();
    MessagePtr first;
    for (std::size_t i = 0; i < workloads; ++i) {
      const MessagePtr message = must(states.state_for(StreamKind::x509_bundles, who));
      if (!first) first = message;
      EXPECT_EQ(message, first);
    }
    EXPECT_NE(first, before_change);
    return allocations_of_thread() - before;
  }

  workload::Access access{&identities, false};
};

// Four: the authorities put together in a string that grows, what it is copied to, and the message's bytes.
TEST_F(FanOutCost, IsOneSerialisationForAllWhoSeeTheSame) {
  entitle_self();

  const Allocations for_one = cost_of_states(1), for_many = cost_of_states(1001);

  EXPECT_GE(for_one.large, 1U);
  EXPECT_LE(for_one.large, 4U);
  EXPECT_EQ(for_many.large, for_one.large);
  EXPECT_LE(for_many.count - for_one.count, 1000U) << "one for each workload: whose bundles it sees";
}

// Streams of another process, so that this one does the server's work alone.
class Subscribers {
 public:
  Subscribers(const std::string& target, int streams) : streams_(streams) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    const std::string count = std::to_string(streams);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(ENTENTE_COST_SUBSCRIBERS, "cost_subscribers", target.c_str(), count.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    said_ = ends[0];
  }
  ~Subscribers() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(said_);
  }
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;

  // Until each stream has had one more.
  void wait_for_update() {
    for (int got = 0; got < streams_; ++got) {
      char what = 0;
      if (::read(said_, &what, 1) != 1 || what != 'u') throw std::runtime_error("a stream has ended");
    }
  }

 private:
  const int streams_;
  int said_ = -1;
  pid_t pid_ = -1;
};

// Small enough for the socket's buffer to hold all of it: no write has to wait, so each stream's is one of gRPC's at
// most, which takes together what it can. What gRPC allocates for one is nearly all; an update's own part is some
// twenty, shared by its streams.
TEST_F(FanOutCost, ToManyStreamsOfOneConnection) {
  constexpr std::uint64_t streams = 20, updates = 50, authorities = 10;
  start();
  entitle_self();
  test::publish(feed, bundle_of(b, authorities, 1));
  Subscribers subscribers(target(), streams);
  subscribers.wait_for_update();
  std::uint64_t number = 1;
  const auto publish_one = [&] {
    test::publish(feed, bundle_of(b, authorities, ++number));
    subscribers.wait_for_update();
  };
  for (int i = 0; i < 10; ++i) publish_one();

  const Allocations before = allocations_of_process();
  const std::uint64_t sent_before = sent;
  for (std::uint64_t i = 0; i < updates; ++i) publish_one();
  const Allocations cost = allocations_of_process() - before;

  const std::uint64_t deliveries = streams * updates, messages = sent - sent_before;
  EXPECT_GT(cost.count, deliveries) << "gRPC is counted";
  EXPECT_LE(cost.count, 5 * deliveries + deliveries / 2) << cost.bytes << " bytes";
  EXPECT_LE(cost.bytes, 2000 * deliveries) << cost.count << " allocations";
  EXPECT_GT(messages, 0U);
  EXPECT_LE(messages, deliveries + deliveries / 10);
}

}  // namespace
}  // namespace entente::test
