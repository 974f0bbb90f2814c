#include "common/base/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <stdexcept>

#include "tests/support/fake_clock.hpp"

namespace entente {
namespace {

using testing::HasSubstr;

std::string logged(const std::function<void()>& act) {
  testing::internal::CaptureStderr();
  act();
  return testing::internal::GetCapturedStderr();
}

asio::awaitable<void> sleep_then_count(Clock& clock, int& ended, int& cancelled) {
  const Status slept = co_await clock.sleep(std::chrono::hours(1));
  if (!slept) {
    ++cancelled;
    co_return;
  }
  ++ended;
}

// Ends by an exception when it is cancelled, as asio's own operations do.
asio::awaitable<void> wait_with_exception(asio::steady_timer& timer) { co_await timer.async_wait(asio::use_awaitable); }

asio::awaitable<void> fail(bool known) {
  if (known) throw std::runtime_error("no such thing");
  throw 42;
  co_return;
}

asio::awaitable<void> drain(TaskGroup& tasks, bool& drained) {
  co_await tasks.drained();
  drained = true;
}

struct Fixture : testing::Test {
  asio::io_context io;
  Log log;
  test::FakeClock clock;
  TaskGroup tasks{io.get_executor(), log};
  int ended = 0, cancelled = 0;
};
using TaskGroupTest = Fixture;

TEST_F(TaskGroupTest, RunsItsTasksToTheirEnd) {
  for (int i = 0; i < 3; ++i) tasks.spawn("sleeper", sleep_then_count(clock, ended, cancelled));
  EXPECT_EQ(tasks.running(), 3U);

  io.poll();
  EXPECT_EQ(ended, 0);
  clock.advance(std::chrono::hours(1));
  io.restart();
  io.run();

  EXPECT_EQ(ended, 3);
  EXPECT_EQ(tasks.running(), 0U);
}

TEST_F(TaskGroupTest, CancelsThemAllAndIsThenDrained) {
  bool drained = false;
  for (int i = 0; i < 3; ++i) tasks.spawn("sleeper", sleep_then_count(clock, ended, cancelled));
  asio::co_spawn(io, drain(tasks, drained), asio::detached);
  io.poll();
  EXPECT_FALSE(drained);

  tasks.cancel();
  io.restart();
  io.run();

  EXPECT_EQ(cancelled, 3);
  EXPECT_EQ(ended, 0);
  EXPECT_TRUE(drained);
}

TEST_F(TaskGroupTest, OfNoTaskIsDrainedAtOnce) {
  bool drained = false;

  asio::co_spawn(io, drain(tasks, drained), asio::detached);
  io.run();

  EXPECT_TRUE(drained);
}

TEST_F(TaskGroupTest, CancelsOneByItsHandleAlsoAfterItsEnd) {
  TaskGroup::Handle one = tasks.spawn("one", sleep_then_count(clock, ended, cancelled));
  tasks.spawn("two", sleep_then_count(clock, ended, cancelled));
  io.poll();

  one.cancel();
  io.restart();
  io.poll();
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(tasks.running(), 1U);
  one.cancel();
  clock.advance(std::chrono::hours(1));
  io.restart();
  io.run();

  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(ended, 1);
  TaskGroup::Handle().cancel();
}

TEST_F(TaskGroupTest, CancelsATaskThatHasNotYetBegun) {
  tasks.spawn("sleeper", sleep_then_count(clock, ended, cancelled));

  tasks.cancel();
  io.run();

  EXPECT_EQ(ended, 0);
  EXPECT_EQ(tasks.running(), 0U);
}

TEST_F(TaskGroupTest, LogsAnExceptionWithTheNameOfItsTask) {
  const std::string lines = logged([&] {
    tasks.spawn("peer b.test", fail(true));
    tasks.spawn("peer c.test", fail(false));
    io.run();
  });

  EXPECT_THAT(lines, HasSubstr("error task failed task=\"peer b.test\" error=\"no such thing\"\n"));
  EXPECT_THAT(lines, HasSubstr("error task failed task=\"peer c.test\" error=\"an exception of unknown type\"\n"));
  EXPECT_EQ(tasks.running(), 0U);
}

TEST_F(TaskGroupTest, LogsNothingOfATaskThatEndsBecauseItWasCancelled) {
  asio::steady_timer timer(io, std::chrono::hours(1));

  const std::string lines = logged([&] {
    tasks.spawn("waiter", wait_with_exception(timer));
    io.poll();
    tasks.cancel();
    io.restart();
    io.run();
  });

  EXPECT_EQ(lines, "");
  EXPECT_EQ(tasks.running(), 0U);
}

}  // namespace
}  // namespace entente
