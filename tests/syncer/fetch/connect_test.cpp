#include "syncer/fetch/connect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/run.hpp"

namespace entente::syncer {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

tcp::endpoint refusing(asio::io_context& io) {
  const tcp::acceptor closed_at_once(io, {asio::ip::address_v4::loopback(), 0});
  return closed_at_once.local_endpoint();
}

class ConnectAny : public testing::Test {
 protected:
  void start(std::vector<tcp::endpoint> endpoints, asio::cancellation_slot slot = {}) {
    auto task = connect_any(io.get_executor(), std::move(endpoints), in(20s), clock);
    auto kept = test::keep(std::move(task), result);
    asio::co_spawn(io, std::move(kept), asio::bind_cancellation_slot(slot, [](std::exception_ptr) {}));
  }

  asio::io_context io;
  test::FakeClock clock;
  std::optional<Result<Connected>> result;
};

TEST_F(ConnectAny, GoesOnWhereTheFirstAddressRefuses) {
  const tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});

  const auto connected = test::run(
      io, connect_any(io.get_executor(), {refusing(io), refusing(io), listening.local_endpoint()}, in(5s), clock));

  ASSERT_TRUE(connected) << connected.error().message();
  EXPECT_EQ(connected->endpoint, listening.local_endpoint());
  EXPECT_EQ(connected->socket.remote_endpoint(), listening.local_endpoint());
}

TEST_F(ConnectAny, SaysWhyTheLastAddressFailed) {
  const std::vector<tcp::endpoint> endpoints = {refusing(io), refusing(io)};

  const auto connected = test::run(io, connect_any(io.get_executor(), endpoints, in(5s), clock));

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), Errc::connect);
  EXPECT_EQ(connected.error().message(), "connect: " + to_text(endpoints[1]) + ": connection refused");
}

// A full backlog answers nothing, as a firewall that drops does.
class Silent {
 public:
  explicit Silent(asio::io_context& io) : full_(io, tcp::v4()) {
    full_.bind({asio::ip::address_v4::loopback(), 0});
    full_.listen(0);
    for (int i = 0; i < 4; ++i) {
      waiting_.emplace_back(io, tcp::v4());
      waiting_.back().async_connect(full_.local_endpoint(), [](const boost::system::error_code&) {});
    }
  }
  tcp::endpoint endpoint() const { return full_.local_endpoint(); }

 private:
  tcp::acceptor full_;
  std::vector<tcp::socket> waiting_;
};

TEST_F(ConnectAny, BeginsTheNextAttemptAfterAQuarterOfASecondOfSilence) {
  const Silent silent(io);
  const tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});
  start({silent.endpoint(), listening.local_endpoint()});
  test::run_until(io, [&] { return clock.sleepers() == 1; });

  clock.advance(249ms);
  io.poll();
  EXPECT_FALSE(result);
  clock.advance(1ms);
  test::run_until(io, [&] { return result.has_value(); });

  ASSERT_TRUE(*result) << result->error().message();
  EXPECT_EQ((*result)->endpoint, listening.local_endpoint());
  EXPECT_EQ(clock.sleepers(), 0U);
}

TEST_F(ConnectAny, WaitsForNoTurnWhereAnAttemptFailed) {
  const Silent silent(io);
  const tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});

  const auto connected = test::run(
      io, connect_any(io.get_executor(), {refusing(io), listening.local_endpoint(), silent.endpoint()}, in(5s), clock));

  ASSERT_TRUE(connected) << "the clock stands still";
  EXPECT_EQ(connected->endpoint, listening.local_endpoint());
}

TEST_F(ConnectAny, EndsEveryAttemptAtTheDeadline) {
  const Silent first(io), second(io);

  const auto connected =
      test::run(io, connect_any(io.get_executor(), {first.endpoint(), second.endpoint()}, in(50ms), clock));
  io.restart();
  io.poll();

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), Errc::timeout);
  EXPECT_EQ(clock.sleepers(), 0U) << "the next attempt is called off";
}

TEST_F(ConnectAny, EndsWhenCancelled) {
  const Silent first(io), second(io);
  asio::cancellation_signal stop;
  start({first.endpoint(), second.endpoint()}, stop.slot());
  test::run_until(io, [&] { return clock.sleepers() == 1; });

  stop.emit(asio::cancellation_type::terminal);
  test::run_until(io, [&] { return result.has_value(); });

  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code(), Errc::cancelled);
  EXPECT_NO_THROW(test::run_until(io, [&] { return clock.sleepers() == 0; })) << "the next attempt is called off";
}

std::vector<std::string> turns(const std::vector<std::string>& addresses) {
  std::vector<asio::ip::address> parsed;
  for (const std::string& each : addresses) parsed.push_back(asio::ip::make_address(each));
  std::vector<std::string> texts;
  for (const tcp::endpoint& each : in_turns(parsed, 443)) texts.push_back(each.address().to_string());
  return texts;
}

// RFC 8305 4
TEST(InTurns, AlternatesTheFamiliesBeginningWithThePreferredOne) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(turns({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}), (Texts{"::1", "10.0.0.1", "::2", "10.0.0.2", "::3"}));
  EXPECT_EQ(turns({"10.0.0.1", "10.0.0.2", "::1"}), (Texts{"10.0.0.1", "::1", "10.0.0.2"}));
  EXPECT_EQ(turns({"10.0.0.1"}), Texts{"10.0.0.1"});
  EXPECT_EQ(turns({}), Texts{});
}

TEST(InTurns, TriesNoMoreThanEightAndBothFamilies) {
  std::vector<std::string> many;
  for (int i = 1; i <= 20; ++i) many.push_back("2001:db8::" + std::to_string(i));
  many.push_back("192.0.2.1");

  const std::vector<std::string> order = turns(many);

  EXPECT_EQ(order.size(), most_addresses_tried);
  EXPECT_EQ(order[1], "192.0.2.1") << "a family that is dead costs one turn";
}

}  // namespace
}  // namespace entente::syncer
