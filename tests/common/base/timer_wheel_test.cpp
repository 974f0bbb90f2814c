#include "common/base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

namespace entente {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

struct TimerWheelTest : testing::Test {
  asio::io_context io;
  TimerWheel wheel{io.get_executor(), milliseconds(5)};

  // Ends when no deadline is left, as the wheel's own timer then stops.
  void run() { io.run_for(std::chrono::seconds(20)); }
};

TEST_F(TimerWheelTest, FiresOnceAndNeverEarly) {
  int fired = 0;
  Steady::time_point at;
  TimerWheel::Deadline deadline(wheel, [&] {
    ++fired;
    at = Steady::now();
  });
  const auto start = Steady::now();

  deadline.expire_after(milliseconds(23));
  run();

  EXPECT_EQ(fired, 1);
  EXPECT_GE(at - start, milliseconds(23));
}

TEST_F(TimerWheelTest, FiresInOrderOfTheirTicks) {
  std::vector<int> order;
  TimerWheel::Deadline late(wheel, [&] { order.push_back(2); });
  TimerWheel::Deadline soon(wheel, [&] { order.push_back(1); });

  late.expire_after(milliseconds(60));
  soon.expire_after(milliseconds(10));
  run();

  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(TimerWheelTest, FiresADeadlineThatIsFurtherThanOneTurnOfTheWheel) {
  const auto start = Steady::now();
  Steady::time_point at;
  TimerWheel::Deadline deadline(wheel, [&] { at = Steady::now(); });

  deadline.expire_after(milliseconds(5 * 256 + 40));
  run();

  EXPECT_GE(at - start, milliseconds(5 * 256 + 40));
}

TEST_F(TimerWheelTest, DoesNotFireWhatWasClearedOrDestroyed) {
  bool fired = false;
  TimerWheel::Deadline cleared(wheel, [&] { fired = true; });
  std::optional<TimerWheel::Deadline> destroyed;
  destroyed.emplace(wheel, [&] { fired = true; });
  cleared.expire_after(milliseconds(10));
  destroyed->expire_after(milliseconds(10));

  cleared.clear();
  destroyed.reset();
  run();

  EXPECT_FALSE(fired);
}

TEST_F(TimerWheelTest, ReplacesADeadlineThatWasSetBefore) {
  int fired = 0;
  Steady::time_point at;
  TimerWheel::Deadline deadline(wheel, [&] {
    ++fired;
    at = Steady::now();
  });
  const auto start = Steady::now();

  deadline.expire_after(milliseconds(5));
  deadline.expire_after(milliseconds(50));
  run();

  EXPECT_EQ(fired, 1);
  EXPECT_GE(at - start, milliseconds(50));
}

TEST_F(TimerWheelTest, LetsACallbackSetItsOwnDeadlineAgain) {
  int fired = 0;
  std::optional<TimerWheel::Deadline> deadline;
  deadline.emplace(wheel, [&] {
    if (++fired < 3) deadline->expire_after(milliseconds(5));
  });

  deadline->expire_after(milliseconds(5));
  run();

  EXPECT_EQ(fired, 3);
}

TEST_F(TimerWheelTest, LetsACallbackDestroyItsOwnAndAnothersDeadline) {
  int fired = 0;
  std::optional<TimerWheel::Deadline> first, second;
  const auto destroy_both = [&] {
    ++fired;
    first.reset();
    second.reset();
  };
  first.emplace(wheel, destroy_both);
  second.emplace(wheel, destroy_both);

  first->expire_after(milliseconds(5));
  second->expire_after(milliseconds(5));
  run();

  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, WakesNobodyWhileNothingIsDue) {
  bool fired = false;
  TimerWheel::Deadline deadline(wheel, [&] { fired = true; });
  deadline.expire_after(milliseconds(400));

  const std::size_t woken = io.run_for(std::chrono::seconds(20));

  EXPECT_TRUE(fired);
  EXPECT_EQ(woken, 1U) << "of 80 ticks";
}

TEST_F(TimerWheelTest, KeepsThousandsOfDeadlinesApart) {
  std::vector<std::unique_ptr<TimerWheel::Deadline>> deadlines;
  int fired = 0, wrong = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto callback = [&fired, &wrong, i] { ++(i % 2 == 0 ? fired : wrong); };
    deadlines.push_back(std::make_unique<TimerWheel::Deadline>(wheel, callback));
    deadlines.back()->expire_after(milliseconds(50 + i % 40));
  }

  for (std::size_t i = 1; i < deadlines.size(); i += 2) deadlines[i]->clear();
  run();

  EXPECT_EQ(fired, 5'000);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace entente
