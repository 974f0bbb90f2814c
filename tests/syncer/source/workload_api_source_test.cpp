// The agent as the local source, with streams that say what a test wants; the real ones are in tests/integration.
#include "syncer/source/workload_api_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "common/base/task.hpp"
#include "common/store/memory_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const spiffe::TrustDomain own = *spiffe::TrustDomain::parse("own.test");

// One stream of the agent's.
struct FakeStream {
  OnBundles on_bundles;
  OnStreamError on_error;
  bool open = false;

  FollowBundles follow() {
    return [this](OnBundles bundles, OnStreamError error) -> std::shared_ptr<void> {
      on_bundles = std::move(bundles);
      on_error = std::move(error);
      open = true;
      return std::shared_ptr<void>(this, [](void* stream) { static_cast<FakeStream*>(stream)->open = false; });
    };
  }
  void say(spiffe::Bundle bundle) {
    auto set = std::make_shared<spiffe::BundleSet>();
    const spiffe::TrustDomain name = bundle.trust_domain;
    set->emplace(name, std::make_shared<const spiffe::Bundle>(std::move(bundle)));
    on_bundles(std::move(set));
  }
};

class WorkloadApiSourceTest : public testing::Test {
 protected:
  WorkloadApiSourceTest() {
    ledger =
        std::move(*store::Ledger::open(io.get_executor(), std::make_unique<store::MemoryStore>(), own, clock, log));
    own_bundle = std::make_unique<OwnBundle>(*ledger, clock, log, &metrics);
    begin();
  }
  ~WorkloadApiSourceTest() override { end(); }

  // As a start of the process would, with the store as it is.
  void begin(const std::string& address = "unix:///agent.sock") {
    source = std::make_unique<WorkloadApiSource>(io.get_executor(), WorkloadApiSourceOptions{own, address, hint},
                                                 AgentStreams{x509.follow(), jwt.follow()}, *own_bundle, readiness,
                                                 metrics, clock, log);
    EXPECT_TRUE(test::run(io, source->start()));
    tasks = std::make_unique<TaskGroup>(io.get_executor(), log);
    tasks->spawn("agent", source->run());
    test::run_until(io, [this] { return x509.open && jwt.open; });
  }
  void end() {
    tasks->cancel();
    test::run(io, tasks->drained());
    source.reset();
  }
  void settle() {
    io.restart();
    io.run_for(std::chrono::milliseconds(5));
  }
  template <class Condition>
  void until(Condition condition) {
    test::run_until(io, condition);
  }

  trust::RecordPtr held() const { return ledger->current()->own_record(); }
  spiffe::Bundle jwt_bundle() const {
    spiffe::Bundle bundle(own);
    bundle.jwt_authorities.push_back({"key", key.public_key()});
    return bundle;
  }
  void agent_answers() {
    x509.say(authority.bundle());
    jwt.say(jwt_bundle());
    until([this] { return held() != nullptr && source->contact().health().problem.empty(); });
  }

  asio::io_context io;
  test::FakeClock clock;
  Log log{LogLevel::error};
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  seconds hint{300};
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<OwnBundle> own_bundle;
  FakeStream x509, jwt;
  std::unique_ptr<WorkloadApiSource> source;
  std::unique_ptr<TaskGroup> tasks;
  test::TestAuthority authority{"own.test", clock.now()}, next{"own.test", clock.now()};
  crypto::PrivateKey key = *crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
};

TEST_F(WorkloadApiSourceTest, PublishesTheAgentsBundleOnceBothHalvesAreThere) {
  EXPECT_THAT(readiness.reasons(), ElementsAre(HasSubstr("waiting for the agent at unix:///agent.sock")));
  x509.say(authority.bundle());
  settle();
  EXPECT_EQ(held(), nullptr);

  jwt.say(jwt_bundle());
  until([&] { return held() != nullptr; });

  EXPECT_EQ(held()->bundle->x509_authorities, authority.bundle().x509_authorities);
  EXPECT_EQ(held()->bundle->jwt_authorities, jwt_bundle().jwt_authorities);
  EXPECT_EQ(held()->bundle->refresh_hint, hint);
  EXPECT_EQ(held()->source, "unix:///agent.sock");
  until([&] { return readiness.ready(); });
}

TEST_F(WorkloadApiSourceTest, GrowsTheSequenceWithEachChangeAndOnlyWithOne) {
  agent_answers();
  const auto first = held()->bundle->sequence;

  x509.say(authority.bundle());
  jwt.say(jwt_bundle());
  settle();
  EXPECT_EQ(held()->bundle->sequence, first);
  x509.say(next.bundle());
  until([&] { return held()->bundle->x509_authorities == next.bundle().x509_authorities; });

  EXPECT_GT(held()->bundle->sequence, first);
  EXPECT_EQ(held()->bundle->jwt_authorities, jwt_bundle().jwt_authorities);
}

TEST_F(WorkloadApiSourceTest, ServesTheLastGoodBundleAndSaysItsAgeWhileTheAgentIsAway) {
  agent_answers();
  const trust::RecordPtr before = held();
  const Time lost_at = clock.now();
  EXPECT_EQ(source->contact().health().confirmed, lost_at);

  x509.on_error(Error(Errc::unavailable, "the stream ended"));
  jwt.on_error(Error(Errc::unavailable, "the stream ended"));
  until([&] { return !source->contact().health().problem.empty(); });
  clock.advance(minutes(10));

  EXPECT_EQ(held(), before);
  EXPECT_TRUE(readiness.ready());
  EXPECT_EQ(source->contact().health().confirmed, lost_at);
  EXPECT_EQ(source->contact().health().problem, "the stream ended");
  EXPECT_THAT(metrics.expose(), HasSubstr("\nentente_source_connected 0\n"));
  agent_answers();
  EXPECT_EQ(held(), before);
  EXPECT_EQ(source->contact().health().confirmed, clock.now());
  EXPECT_THAT(metrics.expose(), HasSubstr("\nentente_source_connected 1\n"));
}

TEST_F(WorkloadApiSourceTest, StartsWithTheBundleOfBeforeUnderItsSequence) {
  agent_answers();
  const trust::RecordPtr before = held();
  end();

  begin();
  x509.on_error(Error(Errc::unavailable, "nothing answers"));
  until([&] { return source->contact().health().problem == "nothing answers"; });

  EXPECT_EQ(held(), before);
  EXPECT_TRUE(readiness.ready());
  EXPECT_EQ(source->contact().health().confirmed, std::nullopt);
  x509.say(authority.bundle());
  settle();
  EXPECT_EQ(held(), before);
}

TEST_F(WorkloadApiSourceTest, NeverPublishesOneHalfOverTheWholeBundleOfBefore) {
  agent_answers();
  end();
  begin();

  x509.say(next.bundle());
  until([&] { return held()->bundle->x509_authorities == next.bundle().x509_authorities; });

  EXPECT_EQ(held()->bundle->jwt_authorities, jwt_bundle().jwt_authorities);
}

// JWT keys of an issuer or a file that was the source before are none of the agent's.
TEST_F(WorkloadApiSourceTest, KeepsNoHalfOfAnotherSourcesBundle) {
  agent_answers();
  const trust::RecordPtr before = held();
  end();
  begin("unix:///other.sock");

  x509.say(next.bundle());
  settle();
  EXPECT_EQ(held(), before);
  jwt.on_error(Error(Errc::unsupported, "no JWT bundles here"));
  until([&] { return held() != before; });

  EXPECT_EQ(held()->bundle->x509_authorities, next.bundle().x509_authorities);
  EXPECT_THAT(held()->bundle->jwt_authorities, IsEmpty());
}

TEST_F(WorkloadApiSourceTest, IsNotReadyAndSaysWhatToDoWhereTheAgentDeniesTheBundle) {
  x509.on_error(Error(Errc::permission_denied, "no identity issued"));
  until(
      [&] { return !readiness.reasons().empty() && readiness.reasons()[0].find("no identity") != std::string::npos; });

  EXPECT_THAT(readiness.reasons(), ElementsAre(HasSubstr("give Entente's user a registration entry")));
  EXPECT_EQ(held(), nullptr);
}

// WA-3 is for a workload: what we publish is not withdrawn because we lost our own entry.
TEST_F(WorkloadApiSourceTest, KeepsTheBundleWhenTheAgentDeniesItLater) {
  agent_answers();
  const trust::RecordPtr before = held();

  x509.on_error(Error(Errc::permission_denied, "no identity issued"));
  jwt.on_error(Error(Errc::permission_denied, "no identity issued"));
  until([&] { return !source->contact().health().problem.empty(); });

  EXPECT_EQ(held(), before);
  EXPECT_TRUE(readiness.ready());
}

TEST_F(WorkloadApiSourceTest, RefusesAnotherTrustDomainsAgent) {
  agent_answers();
  const trust::RecordPtr before = held();

  x509.say(test::TestAuthority("other.test", clock.now()).bundle());
  until([&] { return !source->contact().health().problem.empty(); });

  EXPECT_EQ(held(), before);
  EXPECT_THAT(source->contact().health().problem, HasSubstr("none of own.test"));
}

TEST_F(WorkloadApiSourceTest, PublishesAChangedRefreshHintAtOnceAlsoWithoutTheAgent) {
  agent_answers();
  end();
  hint = seconds(60);
  begin();
  EXPECT_EQ(held()->bundle->refresh_hint, seconds(60));

  EXPECT_TRUE(test::run(io, source->set_refresh_hint(seconds(30))));

  EXPECT_EQ(held()->bundle->refresh_hint, seconds(30));
  EXPECT_EQ(held()->bundle->jwt_authorities, jwt_bundle().jwt_authorities);
}

TEST_F(WorkloadApiSourceTest, FollowsNothingMoreOnceItHasEnded) {
  agent_answers();
  end();

  EXPECT_FALSE(x509.open || jwt.open);
  x509.say(next.bundle());
  settle();
  EXPECT_EQ(held()->bundle->x509_authorities, authority.bundle().x509_authorities);
  begin();
}

}  // namespace
}  // namespace entente::syncer
