#include "common/base/event.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace entente {
namespace {

// Waits `count` times and counts how often it woke.
asio::awaitable<void> count_wakes(Event& event, int count, int& woke) {
  for (int i = 0; i < count; ++i) {
    const Status waited = co_await event.wait();
    if (!waited) co_return;
    ++woke;
  }
}

asio::awaitable<void> wait_once(Event& event, Status& result) { result = co_await event.wait(); }

TEST(Event, RaisedBeforeTheWaitCompletesItAtOnce) {
  asio::io_context io;
  Event event(io.get_executor());
  int woke = 0;

  event.raise();
  asio::co_spawn(io, count_wakes(event, 1, woke), asio::detached);
  io.run();

  EXPECT_EQ(woke, 1);
  EXPECT_FALSE(event.raised());
}

TEST(Event, RaisedDuringTheWaitWakesIt) {
  asio::io_context io;
  Event event(io.get_executor());
  int woke = 0;

  asio::co_spawn(io, count_wakes(event, 1, woke), asio::detached);
  io.poll();
  EXPECT_EQ(woke, 0);
  event.raise();
  io.run();

  EXPECT_EQ(woke, 1);
}

TEST(Event, MergesRaisesBetweenTwoWaits) {
  asio::io_context io;
  Event event(io.get_executor());
  int woke = 0;

  asio::co_spawn(io, count_wakes(event, 2, woke), asio::detached);
  event.raise();
  event.raise();
  io.poll();
  EXPECT_EQ(woke, 1);
  event.raise();
  io.run();

  EXPECT_EQ(woke, 2);
}

TEST(Event, LosesNoRaiseBetweenWakingAndTheNextWait) {
  asio::io_context io;
  Event event(io.get_executor());
  int woke = 0;

  asio::co_spawn(io, count_wakes(event, 2, woke), asio::detached);
  io.poll();
  event.raise();  // the waiter is due, and has not run yet
  asio::post(io, [&] { event.raise(); });
  io.poll();
  event.raise();
  io.run();

  EXPECT_EQ(woke, 2);
}

TEST(Event, WaitThatIsCancelledSaysSo) {
  asio::io_context io;
  Event event(io.get_executor());
  Status result = ok();
  asio::cancellation_signal stop;

  asio::co_spawn(io, wait_once(event, result), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  io.run();

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::cancelled);
}

}  // namespace
}  // namespace entente
