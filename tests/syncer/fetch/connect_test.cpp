#include "syncer/fetch/connect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(ConnectAny, GoesOnWhereTheFirstAddressRefuses) {
  asio::io_context io;
  const tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});

  const auto connected =
      test::run(io, connect_any(io.get_executor(), {refusing(io), refusing(io), listening.local_endpoint()}, in(5s)));

  ASSERT_TRUE(connected) << connected.error().message();
  EXPECT_EQ(connected->index, 2U);
  EXPECT_EQ(connected->socket.remote_endpoint(), listening.local_endpoint());
}

TEST(ConnectAny, SaysWhyTheLastAddressFailed) {
  asio::io_context io;
  const std::vector<tcp::endpoint> endpoints = {refusing(io), refusing(io)};

  const auto connected = test::run(io, connect_any(io.get_executor(), endpoints, in(5s)));

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), Errc::connect);
  EXPECT_EQ(connected.error().message(), "connect: " + to_text(endpoints[1]) + ": connection refused");
}

// A full backlog answers nothing, as a firewall that drops does.
TEST(ConnectAny, DoesNotWaitForAnAddressThatIsSilent) {
  asio::io_context io;
  tcp::acceptor full(io, tcp::v4());
  full.bind({asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(io, tcp::v4());
    waiting.back().async_connect(full.local_endpoint(), [](const boost::system::error_code&) {});
  }
  const tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});

  const auto connected =
      test::run(io, connect_any(io.get_executor(), {full.local_endpoint(), listening.local_endpoint()}, in(10s)), 5s);

  ASSERT_TRUE(connected) << connected.error().message();
  EXPECT_EQ(connected->index, 1U);
}

}  // namespace
}  // namespace entente::syncer
