// The loop of one target, with a target and a clock of the test's.
#include "syncer/push/pusher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>

#include "common/base/task.hpp"
#include "syncer/push/pushed_domains.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"

namespace entente::syncer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::domain;
using testing::ElementsAre;
using testing::IsEmpty;

// Holds digests in memory; fails, refuses and hangs as it is told. What it was asked is a list of words.
class FakeTarget final : public PushTarget {
 public:
  explicit FakeTarget(asio::any_io_executor control) : free(std::move(control)) {}

  std::string fingerprint(const spiffe::Bundle& bundle) const override { return spiffe::authorities_digest(bundle); }
  asio::awaitable<Result<Holdings>> look(TrustDomains) override {
    asked.push_back("look");
    if (const Status up = co_await answer(); !up) co_return up.error();
    co_return holdings;
  }
  asio::awaitable<Result<std::vector<Status>>> set(std::vector<spiffe::BundlePtr> bundles) override {
    for (const auto& bundle : bundles) asked.push_back("set " + bundle->trust_domain.name());
    largest_batch = std::max(largest_batch, bundles.size());
    if (const Status up = co_await answer(); !up) co_return up.error();
    std::vector<Status> outcomes;
    for (const auto& bundle : bundles) {
      const bool taken = !refused.contains(bundle->trust_domain);
      outcomes.push_back(taken ? ok() : Error(Errc::invalid_argument, "refused"));
      if (taken) holdings.fingerprints[bundle->trust_domain] = fingerprint(*bundle);
    }
    co_return outcomes;
  }
  asio::awaitable<Result<std::vector<Status>>> remove(std::vector<spiffe::TrustDomain> trust_domains) override {
    for (const auto& each : trust_domains) asked.push_back("remove " + each.name());
    if (const Status up = co_await answer(); !up) co_return up.error();
    for (const auto& each : trust_domains) holdings.fingerprints.erase(each);
    co_return std::vector<Status>(trust_domains.size(), ok());
  }

  Holdings holdings;
  TrustDomains refused;
  bool away = false, stuck = false;
  Event free;  // raise it to let a stuck call go on
  std::vector<std::string> asked;
  std::size_t largest_batch = 0;

 private:
  asio::awaitable<Status> answer() {
    if (stuck) {
      const Status waited = co_await free.wait();
      if (!waited) co_return waited.error();
    }
    co_return away ? Status(Error(Errc::unavailable, "away")) : ok();
  }
};

class PusherTest : public testing::Test {
 protected:
  ~PusherTest() override {
    tasks_.cancel();
    test::run(io_, tasks_.drained());
  }

  PushParts parts() {
    return {io_.get_executor(), feed_,     [this](const spiffe::TrustDomain& each) { return going_on_.contains(each); },
            [] { return 0.0; }, blocking_, clock_,
            metrics_,           log_};
  }
  // Starts a pusher on a new fake, which it owns.
  FakeTarget& begin(const std::string& name = "fake") {
    auto target = std::make_unique<FakeTarget>(io_.get_executor());
    FakeTarget& fake = *target;
    set_up(fake);
    pushers_.push_back(std::move(*Pusher::open(parts(), {name, folder_ / (name + ".json")}, std::move(target))));
    tasks_.spawn(name, pushers_.back()->run());
    settle();
    return fake;
  }
  // Turns until nothing more happens, the disk's thread included: it has one, which is done with all before the mark.
  void settle() {
    for (int quiet = 0; quiet < 2;) {
      std::promise<void> mark;
      asio::post(blocking_, [&mark] { mark.set_value(); });
      mark.get_future().wait();
      io_.restart();
      quiet = io_.poll() > 0 ? 0 : quiet + 1;
    }
  }
  void pass(Duration time) {
    clock_.advance(time);
    settle();
  }
  void in_use(const std::map<std::string, std::vector<std::string>>& bundles) {
    auto snapshot = std::make_shared<trust::Snapshot>();
    snapshot->own = domain("a.test");
    for (const auto& [name, keys] : bundles) {
      const auto bundle = test::make_bundle({.x509 = keys, .trust_domain = name});
      snapshot->records.push_back(std::make_shared<const trust::BundleRecord>(test::fetched(bundle, clock_.now())));
    }
    feed_.publish(std::move(snapshot));
  }
  std::vector<std::string> asked_of(FakeTarget& target) { return std::exchange(target.asked, {}); }
  const Pusher& pusher() const { return *pushers_.back(); }

  asio::io_context io_;
  test::FakeClock clock_;
  Log log_{LogLevel::error};
  telemetry::Metrics metrics_;
  store::Feed feed_;
  const test::TempFolder folder_;
  asio::thread_pool blocking_{1};
  TrustDomains going_on_;
  std::function<void(FakeTarget&)> set_up = [](FakeTarget&) {};
  std::vector<std::unique_ptr<Pusher>> pushers_;
  TaskGroup tasks_{io_.get_executor(), log_};
};

TEST_F(PusherTest, PushesWhatIsInUseAndEachChangeAtOnce) {
  in_use({{"a.test", {"A"}}, {"b.test", {"B"}}});
  FakeTarget& target = begin();
  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));

  in_use({{"a.test", {"A"}}, {"b.test", {"B", "B2"}}, {"c.test", {"C"}}});
  settle();

  EXPECT_THAT(asked_of(target), ElementsAre("set b.test", "set c.test"));
  EXPECT_EQ(pusher().status().state, "current");
  EXPECT_EQ(pusher().status().trust_domains, 2U);
}

TEST_F(PusherTest, TakesChangesThatComeMeanwhileTogether) {
  FakeTarget& target = begin();
  target.stuck = true;
  in_use({{"b.test", {"B"}}});
  settle();
  for (const char* key : {"B2", "B3", "B4"}) in_use({{"b.test", {key}}});
  target.stuck = false;
  target.free.raise();
  settle();

  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test", "set b.test"));
  EXPECT_EQ(target.holdings.fingerprints.at(domain("b.test")),
            spiffe::authorities_digest(*test::make_bundle({.x509 = {"B4"}})));
}

TEST_F(PusherTest, RepairsWhatOthersChangedAtItsPeriodicCheck) {
  in_use({{"b.test", {"B"}}});
  FakeTarget& target = begin();
  asked_of(target);
  target.holdings.fingerprints[domain("b.test")] = "another's";
  target.holdings.fingerprints[domain("x.test")] = "another's";
  pass(minutes(5) - seconds(1));
  EXPECT_THAT(asked_of(target), IsEmpty());

  pass(seconds(1));

  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));
  EXPECT_TRUE(target.holdings.fingerprints.contains(domain("x.test")));
}

TEST_F(PusherTest, TriesATargetThatIsAwayEverMoreSlowlyWhateverChanges) {
  in_use({{"b.test", {"B"}}});
  set_up = [](FakeTarget& target) { target.away = true; };
  FakeTarget& target = begin();
  EXPECT_THAT(asked_of(target), ElementsAre("look"));
  std::vector<Duration> waits;
  for (int i = 0; i < 11; ++i) {
    in_use({{"b.test", {"B" + std::to_string(i)}}});
    settle();
    EXPECT_THAT(asked_of(target), IsEmpty());
    waits.push_back(clock_.until_next());
    pass(waits.back());
    EXPECT_THAT(asked_of(target), ElementsAre("look"));
  }
  EXPECT_THAT(waits, ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(32), seconds(64),
                                 seconds(128), seconds(256), seconds(300), seconds(300)));
  EXPECT_EQ(pusher().status().state, "failing");
  EXPECT_EQ(pusher().status().consecutive_failures, 12U);
  EXPECT_EQ(pusher().status().last_error->message(), "away");

  target.away = false;
  pass(minutes(5));

  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));
  EXPECT_EQ(pusher().status().state, "current");
  EXPECT_TRUE(pusher().status().last_success);
}

TEST_F(PusherTest, IsNotHeldUpByATrustDomainThatIsRefused) {
  in_use({{"b.test", {"B"}}, {"c.test", {"C"}}});
  set_up = [](FakeTarget& target) { target.refused = {domain("b.test")}; };
  FakeTarget& target = begin();
  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test", "set c.test"));
  EXPECT_EQ(pusher().status().state, "incomplete");
  EXPECT_EQ(pusher().status().pending, 1U);
  EXPECT_FALSE(pusher().status().last_success);

  // Its own changes do not hurry it, and the others' do not wait.
  in_use({{"b.test", {"B2"}}, {"c.test", {"C2"}}});
  settle();
  EXPECT_THAT(asked_of(target), ElementsAre("set c.test"));
  pass(seconds(1));
  EXPECT_THAT(asked_of(target), ElementsAre("set b.test"));
  target.refused.clear();
  pass(seconds(2));

  EXPECT_THAT(asked_of(target), ElementsAre("set b.test"));
  EXPECT_EQ(pusher().status().state, "current");
}

TEST_F(PusherTest, LooksAgainAfterACallOfWhichNothingIsKnown) {
  in_use({{"b.test", {"B"}}});
  FakeTarget& target = begin();
  asked_of(target);
  target.away = true;
  in_use({{"b.test", {"B2"}}});
  settle();
  EXPECT_THAT(asked_of(target), ElementsAre("set b.test"));

  target.away = false;
  pass(seconds(1));

  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));
}

TEST_F(PusherTest, IsNotHeldUpByAnotherTargetThatHangs) {
  in_use({{"b.test", {"B"}}});
  set_up = [](FakeTarget& target) { target.stuck = true; };
  begin("stuck");
  set_up = [](FakeTarget&) {};
  FakeTarget& target = begin("sound");

  in_use({{"b.test", {"B2"}}});
  settle();

  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test", "set b.test"));
  EXPECT_EQ(pushers_.front()->status().state, "pending");
}

TEST_F(PusherTest, RemovesWhatEndedAndWhatEndedWhileItWasDown) {
  ASSERT_TRUE(save_pushed_domains(folder_ / "fake.json", "fake", {domain("gone.test"), domain("stays.test")}));
  going_on_ = {domain("b.test"), domain("stays.test")};
  set_up = [](FakeTarget& target) {
    for (const char* name : {"gone.test", "stays.test", "others.test"})
      target.holdings.fingerprints[domain(name)] = "old";
  };
  in_use({{"b.test", {"B"}}});
  FakeTarget& target = begin();
  EXPECT_THAT(asked_of(target), ElementsAre("look", "remove gone.test", "set b.test"));

  going_on_.erase(domain("b.test"));
  in_use({});
  settle();

  EXPECT_THAT(asked_of(target), ElementsAre("remove b.test"));
  EXPECT_THAT(*load_pushed_domains(folder_ / "fake.json"), ElementsAre(domain("stays.test")));
}

// A relationship may end after its bundle went: nothing is published then.
TEST_F(PusherTest, LooksAgainWhenItIsToldOfRelationships) {
  going_on_ = {domain("b.test")};
  in_use({{"b.test", {"B"}}});
  FakeTarget& target = begin();
  in_use({});
  settle();
  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));

  going_on_.clear();
  pushers_.back()->wake();
  settle();

  EXPECT_THAT(asked_of(target), ElementsAre("remove b.test"));
}

TEST_F(PusherTest, RemembersWhatItPushesBeforeItDoes) {
  set_up = [](FakeTarget& target) { target.stuck = true; };
  in_use({{"b.test", {"B"}}});
  FakeTarget& target = begin();
  target.free.raise();  // the look; the push hangs
  settle();
  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));

  EXPECT_THAT(*load_pushed_domains(folder_ / "fake.json"), ElementsAre(domain("b.test")));
}

TEST_F(PusherTest, LeavesAloneWhatIsReservedAndSaysSo) {
  in_use({{"b.test", {"B"}}, {"theirs.test", {"T"}}});
  set_up = [](FakeTarget& target) { target.holdings.reserved = {{domain("theirs.test"), "it is theirs"}}; };
  FakeTarget& target = begin();

  EXPECT_THAT(asked_of(target), ElementsAre("look", "set b.test"));
  const PushStatus status = pusher().status();
  EXPECT_EQ(status.state, "current");
  ASSERT_EQ(status.not_ours.size(), 1U);
  EXPECT_EQ(status.not_ours[0].trust_domain, domain("theirs.test"));
}

TEST_F(PusherTest, SendsManyInBatches) {
  std::map<std::string, std::vector<std::string>> many;
  for (int i = 0; i < 230; ++i) many["d" + std::to_string(i) + ".test"] = {"A"};
  in_use(many);
  FakeTarget& target = begin();

  EXPECT_EQ(target.holdings.fingerprints.size(), 230U);
  EXPECT_EQ(target.largest_batch, 100U);
}

}  // namespace
}  // namespace entente::syncer
