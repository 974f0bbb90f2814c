#include "workload/delegated/delegated_identities.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "common/base/task.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/workload/delegated/fake_agent.hpp"

namespace entente::workload {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::eventually;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

rpc::CallerPtr process(pid_t pid, int pidfd) {
  rpc::Caller caller;
  caller.pid = pid;
  caller.pidfd = UniqueFd(pidfd);
  return std::make_shared<const rpc::Caller>(std::move(caller));
}
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
// Of any number, alive as long as this one.
Workload alive(pid_t pid) {
  return {process(pid, open_pidfd(::getpid())), {test::must(trust::Selector::parse("unix:uid:1"))}};
}

// A process of its own that ends when told to.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
    pidfd_ = open_pidfd(pid_);
  }
  ~Child() { end(); }
  Workload as(pid_t pid) const { return {process(pid, ::dup(pidfd_)), {}}; }
  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      ::close(pidfd_);
    }
    pid_ = 0;
  }

 private:
  pid_t pid_;
  int pidfd_ = -1;
};

class DelegatedIdentitiesTest : public testing::Test {
 protected:
  DelegatedIdentitiesTest() {
    options.address = "unix://" + (folder / "admin.sock").string();
    agent.start(target());
    agent.entitle("pid:7", {web}, {"spiffe://c.test", "spiffe://b.test"});
  }
  ~DelegatedIdentitiesTest() override {
    if (!identities) return;
    identities->stop();
    io.stop();
    control.join();
  }

  std::string target() const { return "unix:" + (folder / "admin.sock").string(); }
  // With the options as they are; the control thread runs from here on.
  void begin() {
    identities = std::make_unique<DelegatedIdentities>(io.get_executor(), options, clock, metrics, log);
    listening = identities->on_change([this] { ++changes; });
    tasks.spawn("delegated", identities->run());
    control = std::thread([this] { io.run(); });
  }
  void restart_agent() {
    agent.stop();
    agent.start(target());
  }
  // On the control thread; back when it is done.
  void on_control(std::function<void()> work) {
    std::promise<void> done;
    asio::post(io, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  void pass(Duration time) {
    on_control([&] { clock.advance(time); });
  }
  template <class Condition>
  bool while_time_passes(Condition condition) {
    return eventually([&] {
      pass(milliseconds(100));
      return condition();
    });
  }

  std::vector<std::string> ids(const Workload& who) {
    std::vector<std::string> all;
    const auto got = identities->x509_identities(who);
    if (!got) return {"error: " + got.error().message()};
    for (const X509Identity& each : *got) all.push_back(each.svid->id.str());
    return all;
  }
  Error error_of(const Workload& who) {
    const auto got = identities->x509_identities(who);
    return got ? Error(Errc::internal, "no error") : got.error();
  }

  test::TempFolder folder;
  Log log{LogLevel::error};
  asio::io_context io;  // outlives the clock, whose sleepers are timers of its
  test::FakeClock clock;
  telemetry::Metrics metrics;
  test::FakeDomain domain{"a.test", clock.now()};
  spiffe::X509SvidPtr web = domain.svid("/web", "internal"), db = domain.svid("/db");
  test::FakeAgent agent{domain};
  DelegatedOptions options;
  TaskGroup tasks{io.get_executor(), log};
  std::unique_ptr<DelegatedIdentities> identities;
  std::atomic<int> changes = 0;
  std::shared_ptr<void> listening;
  std::thread control;
};

TEST_F(DelegatedIdentitiesTest, AreThoseThatTheAgentIssuesForTheCallersProcess) {
  begin();
  agent.entitle("pid:8", {db, web});
  const auto first = identities->attend(alive(7)), second = identities->attend(alive(8));

  const auto got = test::must(identities->x509_identities(alive(7)));

  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].svid->id.str(), "spiffe://a.test/web");
  EXPECT_EQ(got[0].svid->hint, "internal");
  EXPECT_EQ(got[0].svid->chain, web->chain);
  ASSERT_TRUE(got[0].federates_with);
  EXPECT_THAT(*got[0].federates_with, ElementsAre(test::domain("b.test"), test::domain("c.test")));
  EXPECT_THAT(ids(alive(8)), ElementsAre("spiffe://a.test/db", "spiffe://a.test/web"));
}

TEST_F(DelegatedIdentitiesTest, AreAskedForBySelectorsWhereThatIsConfigured) {
  options.by_selectors = true;
  begin();
  agent.entitle("unix:uid:1", {web});

  const auto held = identities->attend(alive(7)), same = identities->attend(alive(8));

  EXPECT_THAT(ids(alive(9)), ElementsAre("spiffe://a.test/web"));
  EXPECT_EQ(agent.opened(), 1);
}

TEST_F(DelegatedIdentitiesTest, AreNoneForWhomTheAgentHasNone) {
  begin();

  const auto held = identities->attend(alive(99));

  EXPECT_THAT(ids(alive(99)), IsEmpty());
  EXPECT_FALSE(test::must(identities->entitlement(alive(99))).any);
}

TEST_F(DelegatedIdentitiesTest, AreRenewedAndWithdrawnAsTheAgentSays) {
  begin();
  const auto held = identities->attend(alive(7));
  ASSERT_TRUE(eventually([&] { return changes == 1; }));
  const spiffe::X509SvidPtr renewed = domain.svid("/web", "internal");

  agent.entitle("pid:7", {renewed});
  ASSERT_TRUE(eventually([&] { return changes == 2; }));
  EXPECT_EQ(test::must(identities->x509_identities(alive(7))).at(0).svid->chain, renewed->chain);
  agent.entitle("pid:7", {});

  EXPECT_TRUE(eventually([&] { return ids(alive(7)).empty(); }));
  EXPECT_TRUE(eventually([&] { return changes == 3; }));
}

TEST_F(DelegatedIdentitiesTest, TellWhoseBundlesTheCallerGets) {
  begin();
  const auto held = identities->attend(alive(7));

  const auto entitlement = test::must(identities->entitlement(alive(7)));

  EXPECT_TRUE(entitlement.any);
  EXPECT_FALSE(entitlement.all_federated);
  EXPECT_THAT(entitlement.federated, ElementsAre(test::domain("b.test"), test::domain("c.test")));
}

TEST_F(DelegatedIdentitiesTest, AreFollowedWhileSomebodyHoldsThemAndAMinuteMore) {
  begin();
  auto one = identities->attend(alive(7)), other = identities->attend(alive(7));
  EXPECT_EQ(agent.opened(), 1);
  one.reset();
  pass(minutes(5));
  EXPECT_THAT(ids(alive(7)), ElementsAre("spiffe://a.test/web"));

  other.reset();

  EXPECT_TRUE(while_time_passes([&] { return agent.streams() == 0; }));
  EXPECT_THAT(metrics.expose(), HasSubstr("\nentente_delegated_subscriptions 0\n"));
  EXPECT_THAT(metrics.expose(), HasSubstr("\nentente_delegated_connected 1\n")) << "it was our own doing";
}

// The pid of a process that has ended may be another's already.
TEST_F(DelegatedIdentitiesTest, OfAProcessThatHasEndedAreNobodysAnyMore) {
  begin();
  Child child;
  auto held = identities->attend(child.as(7));
  EXPECT_THAT(ids(child.as(7)), ElementsAre("spiffe://a.test/web"));
  agent.entitle("pid:7", {db});
  ASSERT_TRUE(eventually([&] { return ids(child.as(7)) == std::vector<std::string>{"spiffe://a.test/db"}; }));

  child.end();
  EXPECT_EQ(error_of(alive(7)).code(), Errc::unavailable) << "not attended, and the other's are not its own";
  const auto successor = identities->attend(alive(7));

  EXPECT_EQ(agent.opened(), 2);
  EXPECT_THAT(ids(alive(7)), ElementsAre("spiffe://a.test/db"));
  held.reset();
  EXPECT_THAT(ids(alive(7)), ElementsAre("spiffe://a.test/db"));
}

TEST_F(DelegatedIdentitiesTest, StayAsTheyAreWhileTheAgentIsAwayAndNewCallersHearWhy) {
  begin();
  const auto held = identities->attend(alive(7));
  agent.stop();
  ASSERT_TRUE(
      eventually([&] { return metrics.expose().find("\nentente_delegated_connected 0\n") != std::string::npos; }));

  const auto newcomer = identities->attend(alive(8));

  EXPECT_THAT(ids(alive(7)), ElementsAre("spiffe://a.test/web"));
  EXPECT_EQ(error_of(alive(8)).code(), Errc::unavailable);
  EXPECT_THAT(error_of(alive(8)).message(), HasSubstr("the agent at " + options.address + " does not answer: "));
  EXPECT_FALSE(identities->entitlement(alive(8)));
  EXPECT_TRUE(test::must(identities->entitlement(alive(7))).any);
  agent.entitle("pid:7", {db});
  agent.entitle("pid:8", {db});
  agent.start(target());
  EXPECT_TRUE(while_time_passes([&] { return ids(alive(7)) == std::vector<std::string>{"spiffe://a.test/db"}; }));
  EXPECT_TRUE(while_time_passes([&] { return ids(alive(8)) == std::vector<std::string>{"spiffe://a.test/db"}; }));
}

TEST_F(DelegatedIdentitiesTest, AreNotHandedOutOnceTheyHaveEnded) {
  begin();
  const auto held = identities->attend(alive(7));
  agent.stop();
  on_control([this] { clock.jump(hours(48)); });

  EXPECT_TRUE(eventually([&] { return error_of(alive(7)).code() == Errc::unavailable; }));
  EXPECT_TRUE(test::must(identities->entitlement(alive(7))).any) << "bundles and validation go on";
}

TEST_F(DelegatedIdentitiesTest, WithoutBeingADelegateAreUnavailableAndSayWhatToConfigure) {
  agent.refuse({grpc::StatusCode::PERMISSION_DENIED, "caller not configured as an authorized delegate"});
  begin();

  const auto held = identities->attend(alive(7));

  EXPECT_EQ(error_of(alive(7)).code(), Errc::unavailable) << "it is no word about the caller";
  EXPECT_THAT(error_of(alive(7)).message(), HasSubstr("authorized_delegates"));
  agent.refuse(grpc::Status::OK);
  EXPECT_TRUE(while_time_passes([&] { return ids(alive(7)) == std::vector<std::string>{"spiffe://a.test/web"}; }));
}

TEST_F(DelegatedIdentitiesTest, OfAnAgentThatDoesNotAnswerAreUnavailableAfterATimeAndComeOnceItDoes) {
  options.first_answer = milliseconds(50);
  agent.be_silent(true);
  begin();

  const auto first = identities->attend(alive(7)), second = identities->attend(alive(8));

  EXPECT_EQ(error_of(alive(7)).code(), Errc::unavailable);
  EXPECT_THAT(error_of(alive(8)).message(), HasSubstr("does not answer in time"));
  agent.be_silent(false);
  EXPECT_TRUE(eventually([&] { return ids(alive(7)) == std::vector<std::string>{"spiffe://a.test/web"}; }));
}

TEST_F(DelegatedIdentitiesTest, AreNotWaitedForOnceTheProcessStops) {
  options.first_answer = minutes(10);
  agent.be_silent(true);
  begin();
  std::atomic<bool> returned = false;
  std::thread waiting([&] {
    const auto held = identities->attend(alive(7));
    returned = true;
  });
  ASSERT_TRUE(eventually([&] { return agent.streams() == 1; }));

  identities->stop();
  waiting.join();

  EXPECT_TRUE(returned);
}

TEST_F(DelegatedIdentitiesTest, OfABadAnswerAreNotTakenAndThoseOfBeforeStay) {
  begin();
  const auto held = identities->attend(alive(7));
  auto wrong = std::make_shared<spiffe::X509Svid>(*db);
  wrong->id = test::id("spiffe://a.test/somebody-else");

  agent.entitle("pid:7", {wrong});
  agent.entitle("pid:8", {wrong});
  const auto newcomer = identities->attend(alive(8));

  EXPECT_THAT(error_of(alive(8)).message(), HasSubstr("its certificate is for spiffe://a.test/db"));
  EXPECT_THAT(ids(alive(7)), ElementsAre("spiffe://a.test/web"));
  agent.entitle("pid:7", {db});
  EXPECT_TRUE(eventually([&] { return ids(alive(7)) == std::vector<std::string>{"spiffe://a.test/db"}; }));
}

TEST_F(DelegatedIdentitiesTest, AreBoundedInNumber) {
  options.most_subscriptions = 1;
  begin();
  const auto first = identities->attend(alive(7)), second = identities->attend(alive(8));

  EXPECT_THAT(ids(alive(7)), ElementsAre("spiffe://a.test/web"));
  EXPECT_EQ(error_of(alive(8)).code(), Errc::unavailable);
  EXPECT_THAT(error_of(alive(8)).message(), HasSubstr("too many"));
}

TEST_F(DelegatedIdentitiesTest, OfAProcessThatCannotBeNamedSayWhy) {
  begin();

  EXPECT_EQ(identities->attend(alive(0)), nullptr);
  EXPECT_THAT(error_of(alive(0)).message(), HasSubstr("PID namespace"));
}

class DelegatedJwtTest : public DelegatedIdentitiesTest {
 protected:
  std::string token(const std::vector<std::string>& audience) {
    return test::must(identities->jwt_identities(alive(7), audience, std::nullopt)).at(0).token;
  }
};

TEST_F(DelegatedJwtTest, IsFetchedOnceForAnAudienceUntilHalfItsLife) {
  begin();
  const auto held = identities->attend(alive(7));
  const std::string first = token({"x", "y"});
  EXPECT_EQ(token({"y", "x", "y"}), first);
  EXPECT_EQ(agent.jwt_calls(), 1);
  token({"z"});
  EXPECT_EQ(agent.jwt_calls(), 2);

  on_control([this] { clock.jump(minutes(31)); });

  EXPECT_TRUE(eventually([&] { return token({"x", "y"}), agent.jwt_calls() == 3; }));
}

TEST_F(DelegatedJwtTest, IsOfTheIdentityThatIsAskedForAndOfNoOther) {
  begin();
  agent.entitle("pid:7", {db, web});
  const auto held = identities->attend(alive(7));

  const auto all = test::must(identities->jwt_identities(alive(7), {"x"}, std::nullopt));
  const auto one = test::must(identities->jwt_identities(alive(7), {"x"}, test::id("spiffe://a.test/web")));
  const auto foreign = identities->jwt_identities(alive(7), {"x"}, test::id("spiffe://a.test/other"));

  EXPECT_EQ(all.size(), 2U);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].hint, "internal");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), Errc::permission_denied);
  EXPECT_EQ(agent.jwt_calls(), 1);
}

TEST_F(DelegatedJwtTest, IsNoneWithoutAnIdentity) {
  begin();
  const auto held = identities->attend(alive(99));

  EXPECT_THAT(test::must(identities->jwt_identities(alive(99), {"x"}, std::nullopt)), IsEmpty());
  EXPECT_EQ(agent.jwt_calls(), 0);
}

TEST_F(DelegatedJwtTest, OfAnAgentThatIsAwayIsTheKeptOneOrUnavailable) {
  begin();
  const auto held = identities->attend(alive(7));
  const std::string kept = token({"x"});
  agent.stop();

  EXPECT_EQ(token({"x"}), kept);
  const auto other = identities->jwt_identities(alive(7), {"y"}, std::nullopt);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace entente::workload
