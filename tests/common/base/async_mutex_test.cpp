#include "common/base/async_mutex.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>
#include <vector>

#include "common/base/blocking.hpp"

namespace entente {
namespace {

// Enters, notes that it did, waits for its sign, and leaves.
asio::awaitable<void> visit(AsyncMutex& mutex, int name, Event& leave, std::vector<int>& entered) {
  const Result<AsyncMutex::Lock> lock = co_await mutex.lock();
  if (!lock) co_return;
  entered.push_back(name);
  const Status told = co_await leave.wait();
  EXPECT_TRUE(told);
}

class AsyncMutexTest : public testing::Test {
 protected:
  void turn() {
    io_.restart();
    io_.poll();
  }

  asio::io_context io_;
  AsyncMutex mutex_{io_.get_executor()};
  Event leave_[3] = {Event(io_.get_executor()), Event(io_.get_executor()), Event(io_.get_executor())};
  std::vector<int> entered_;
};

TEST_F(AsyncMutexTest, LetsOneInAfterTheOtherInTheOrderTheyCame) {
  for (int i = 0; i < 3; ++i) asio::co_spawn(io_, visit(mutex_, i, leave_[i], entered_), asio::detached);
  turn();
  EXPECT_EQ(entered_, (std::vector<int>{0}));

  leave_[0].raise();
  turn();
  EXPECT_EQ(entered_, (std::vector<int>{0, 1}));
  leave_[1].raise();
  turn();
  leave_[2].raise();
  turn();

  EXPECT_EQ(entered_, (std::vector<int>{0, 1, 2}));
}

TEST_F(AsyncMutexTest, PassesOverAWaiterThatWasCancelled) {
  asio::cancellation_signal stop;
  asio::co_spawn(io_, visit(mutex_, 0, leave_[0], entered_), asio::detached);
  asio::co_spawn(io_, visit(mutex_, 1, leave_[1], entered_), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  asio::co_spawn(io_, visit(mutex_, 2, leave_[2], entered_), asio::detached);
  turn();

  stop.emit(asio::cancellation_type::terminal);
  turn();
  leave_[0].raise();
  turn();
  leave_[2].raise();
  turn();

  EXPECT_EQ(entered_, (std::vector<int>{0, 2}));
}

TEST_F(AsyncMutexTest, IsFreeAgainAfterTheLastHasLeft) {
  for (int i = 0; i < 2; ++i) {
    asio::co_spawn(io_, visit(mutex_, i, leave_[i], entered_), asio::detached);
    turn();
    leave_[i].raise();
    turn();
  }

  EXPECT_EQ(entered_, (std::vector<int>{0, 1}));
}

asio::awaitable<void> work_elsewhere(asio::thread_pool& pool, std::thread::id& worked, std::thread::id& resumed) {
  auto work = [] { return std::this_thread::get_id(); };
  auto task = run_blocking(pool, std::move(work));
  worked = co_await std::move(task);
  resumed = std::this_thread::get_id();
}

TEST(RunBlocking, WorksOnThePoolAndResumesWhereItCameFrom) {
  asio::io_context io;
  asio::thread_pool pool(1);
  std::thread::id worked, resumed;

  asio::co_spawn(io, work_elsewhere(pool, worked, resumed), asio::detached);
  io.run();

  EXPECT_NE(worked, std::this_thread::get_id());
  EXPECT_EQ(resumed, std::this_thread::get_id());
}

// What is begun is not cancelled, and above all does not take the process with it.
TEST(RunBlocking, EndsItsWorkAlthoughTheCallerIsCancelled) {
  asio::io_context io;
  asio::thread_pool pool(1);
  std::promise<void> begun, go_on;
  bool ended = false;
  const auto caller = [](asio::thread_pool& on, std::promise<void>& started, std::future<void> released,
                         bool& done) -> asio::awaitable<void> {
    auto work = [&started, released = std::make_shared<std::future<void>>(std::move(released))] {
      started.set_value();
      released->wait();
      return true;
    };
    auto task = run_blocking(on, std::move(work));
    done = co_await std::move(task);
  };
  asio::cancellation_signal stop;
  auto task = caller(pool, begun, go_on.get_future(), ended);
  asio::co_spawn(io, std::move(task), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  io.poll();
  begun.get_future().wait();

  stop.emit(asio::cancellation_type::terminal);
  go_on.set_value();
  io.restart();
  io.run();

  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace entente
