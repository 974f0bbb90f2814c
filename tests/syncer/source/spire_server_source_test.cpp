// A SPIRE server as the local source: what becomes of its answers, and of its silence.
#include "syncer/source/spire_server_source.hpp"

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

using std::chrono::seconds;
using test::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(AskInterval, IsATenthOfTheHintWithinBounds) {
  EXPECT_EQ(ask_interval(seconds(300)), seconds(30));
  EXPECT_EQ(ask_interval(seconds(5)), seconds(1));
  EXPECT_EQ(ask_interval(std::chrono::hours(24)), seconds(60));
  EXPECT_EQ(ask_interval(seconds::max()), seconds(60));
  EXPECT_EQ(ask_interval(std::nullopt), seconds(30));
}

class SpireServerSourceTest : public testing::Test {
 protected:
  SpireServerSourceTest() {
    ledger_ = std::move(*store::Ledger::open(io_.get_executor(), std::make_unique<store::MemoryStore>(),
                                             test::domain("own.test"), clock_, log_));
    own_ = std::make_unique<OwnBundle>(*ledger_, clock_, log_);
    source_ = std::make_unique<SpireServerSource>(
        io_.get_executor(), SpireServerSourceOptions{test::domain("own.test"), "unix:///s", seconds(120)},
        [this] { return answer(); }, *own_, readiness_, metrics_, clock_, log_);
  }
  ~SpireServerSourceTest() override {
    tasks_.cancel();
    run(io_, tasks_.drained());
  }

  asio::awaitable<Result<spiffe::Bundle>> answer() {
    ++asked_;
    co_return answer_;
  }

  // Starts and goes on until the source waits for its next turn.
  void begin() {
    ASSERT_TRUE(run(io_, source_->start()));
    tasks_.spawn("source", source_->run());
    settle();
  }
  void settle() {
    test::run_until(io_, [this] { return clock_.sleepers() > 0; });
  }
  // How long the source waits now; then it has taken its turn.
  Duration turn() {
    const Duration wait = clock_.until_next();
    const int before = asked_;
    clock_.advance(wait);
    test::run_until(io_, [&] { return asked_ > before && clock_.sleepers() > 0; });
    return wait;
  }
  trust::RecordPtr held() const { return ledger_->current()->own_record(); }

  asio::io_context io_;
  test::FakeClock clock_;
  Log log_{LogLevel::error};
  telemetry::Metrics metrics_;
  telemetry::Readiness readiness_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<OwnBundle> own_;
  std::unique_ptr<SpireServerSource> source_;
  TaskGroup tasks_{io_.get_executor(), log_};
  const test::TestAuthority one_{"own.test", clock_.now()}, two_{"own.test", clock_.now()};
  Result<spiffe::Bundle> answer_ = Error(Errc::unavailable, "nothing answers");
  int asked_ = 0;
};

TEST_F(SpireServerSourceTest, TakesOverTheServersLargerSequenceAndItsHint) {
  answer_ = one_.bundle(3'000'000'000, seconds(40));
  begin();
  ASSERT_TRUE(held());
  EXPECT_EQ(held()->bundle->sequence, 3'000'000'000U);
  EXPECT_EQ(held()->bundle->refresh_hint, seconds(40));
  EXPECT_EQ(held()->origin, trust::Origin::own);
  EXPECT_EQ(held()->source, "unix:///s");

  answer_ = two_.bundle(3'000'000'001, seconds(40));
  EXPECT_EQ(turn(), seconds(4));

  EXPECT_EQ(held()->bundle->sequence, 3'000'000'001U);
  EXPECT_TRUE(spiffe::same_authorities(*held()->bundle, two_.bundle()));
}

// TB-2: SPIRE counts from one; what was published before must never look newer than what is published now.
TEST_F(SpireServerSourceTest, NumbersASmallSequenceAsItsOwnAndGrowsWithEveryChange) {
  answer_ = one_.bundle(1);
  begin();
  const std::uint64_t first = *held()->bundle->sequence;
  answer_ = two_.bundle(2);
  turn();

  EXPECT_GE(first, static_cast<std::uint64_t>(unix_seconds(clock_.now()) - 60));
  EXPECT_GT(*held()->bundle->sequence, first);
}

TEST_F(SpireServerSourceTest, WritesNothingForAnUnchangedAnswer) {
  answer_ = one_.bundle(1, seconds(300));
  begin();
  const std::uint64_t revision = held()->revision;

  for (int i = 0; i < 5; ++i) EXPECT_EQ(turn(), seconds(30));

  EXPECT_EQ(held()->revision, revision);
  EXPECT_EQ(run(io_, ledger_->history(test::domain("own.test"), {}))->size(), 1U);
}

TEST_F(SpireServerSourceTest, PublishesTheConfiguredHintWhereTheServerHasNone) {
  answer_ = one_.bundle(1);
  begin();
  EXPECT_EQ(held()->bundle->refresh_hint, seconds(120));

  ASSERT_TRUE(run(io_, source_->set_refresh_hint(seconds(60))));

  EXPECT_EQ(held()->bundle->refresh_hint, seconds(60));
  EXPECT_EQ(turn(), seconds(30));
}

TEST_F(SpireServerSourceTest, StartsNotReadyWhileTheServerIsAwayAndGoesOnTryingEverMoreSlowly) {
  begin();
  EXPECT_FALSE(held());
  EXPECT_THAT(readiness_.reasons(), ElementsAre(HasSubstr("own bundle: nothing answers")));

  std::vector<Duration> waits;
  for (int i = 0; i < 8; ++i) waits.push_back(turn());
  answer_ = one_.bundle(1);
  turn();
  test::run_until(io_, [this] { return readiness_.ready(); });

  EXPECT_THAT(waits, ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(32), seconds(60),
                                 seconds(60)));
  EXPECT_TRUE(held());
  EXPECT_THAT(readiness_.reasons(), IsEmpty());
}

TEST_F(SpireServerSourceTest, KeepsTheLastGoodBundleThroughErrorsAndBadAnswers) {
  answer_ = one_.bundle(1);
  begin();
  const trust::RecordPtr good = held();
  const auto unchanged_by = [&](Result<spiffe::Bundle> answer) {
    answer_ = std::move(answer);
    turn();
    return held() == good && readiness_.ready();
  };

  EXPECT_TRUE(unchanged_by(Error(Errc::timeout, "too slow")));
  EXPECT_TRUE(unchanged_by(spiffe::Bundle(test::domain("own.test"))));
  EXPECT_TRUE(unchanged_by(test::TestAuthority("other.test", clock_.now()).bundle(9)));
}

TEST_F(SpireServerSourceTest, ServesWhatWasHeldFromBeforeWhileTheServerIsAway) {
  ASSERT_TRUE(run(io_, own_->offer(one_.bundle(), "an earlier run")));
  begin();
  EXPECT_TRUE(readiness_.ready());
  EXPECT_TRUE(held());
}

TEST_F(SpireServerSourceTest, RefusesToStartOnTheServerOfAnotherTrustDomain) {
  answer_ = test::TestAuthority("other.test", clock_.now()).bundle(1);

  const Status started = run(io_, source_->start());

  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("other.test"));
  EXPECT_THAT(started.error().message(), HasSubstr("own.test"));
  EXPECT_FALSE(held());
}

}  // namespace
}  // namespace entente::syncer
