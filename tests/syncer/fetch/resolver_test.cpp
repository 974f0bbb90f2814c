#include "syncer/fetch/resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/syncer/support/run.hpp"

namespace entente::syncer {
namespace {

using namespace std::chrono_literals;
using Addresses = std::vector<asio::ip::address>;
using asio::ip::udp;

// A name server on loopback that answers every A question with 192.0.2.7 and every other with nothing, knows no
// name with "missing" in it, and is silent about the names it is told to.
class FakeNameServer {
 public:
  explicit FakeNameServer(asio::io_context& io) : socket_(io, udp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    receive();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }
  void be_silent_about(std::string label) { silent_ = std::move(label); }
  int questions() const { return questions_; }

 private:
  void receive() {
    socket_.async_receive_from(asio::buffer(packet_), from_,
                               [this](const boost::system::error_code& error, std::size_t n) {
                                 if (error) return;
                                 ++questions_;
                                 const std::string question(packet_.data(), n);
                                 if (silent_.empty() || question.find(silent_) == std::string::npos) answer(question);
                                 receive();
                               });
  }

  void answer(std::string message) {
    const std::size_t end = message.find('\0', 12) + 5;  // name, type, class
    const bool wants_v4 = message.at(end - 3) == 1;
    message.resize(end);
    message[2] = '\x81';
    const bool missing = message.find("missing") != std::string::npos;
    message[3] = missing ? '\x83' : '\x80';
    message[7] = wants_v4 && !missing ? 1 : 0;
    message[9] = message[11] = 0;  // no authority, no EDNS
    if (wants_v4 && !missing) message += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7", 16);
    socket_.send_to(asio::buffer(message), from_);
  }

  udp::socket socket_;
  udp::endpoint from_;
  std::array<char, 1500> packet_;
  std::string silent_;
  int questions_ = 0;
};

std::unique_ptr<Resolver> resolver_on(asio::io_context& io, std::string servers) {
  return std::move(Resolver::create(io.get_executor(), {std::move(servers)}).value());
}

TEST(Resolver, TakesLiteralAddressesAsTheyAre) {
  asio::io_context io;
  const auto resolver = resolver_on(io, "127.0.0.1:9");

  const auto v4 = test::run(io, resolver->resolve("192.0.2.1", 1s));
  const auto v6 = test::run(io, resolver->resolve("2001:db8::1", 1s));

  EXPECT_EQ(v4.value(), Addresses{asio::ip::make_address("192.0.2.1")});
  EXPECT_EQ(v6.value(), Addresses{asio::ip::make_address("2001:db8::1")});
}

TEST(Resolver, KnowsLocalhostWithoutANameServer) {
  asio::io_context io;
  FakeNameServer server(io);
  server.be_silent_about("localhost");
  const auto resolver = resolver_on(io, server.address());

  const auto addresses = test::run(io, resolver->resolve("localhost", 5s));

  ASSERT_TRUE(addresses) << addresses.error().message();
  for (const auto& address : *addresses) EXPECT_TRUE(address.is_loopback()) << address;
  EXPECT_EQ(server.questions(), 0);
}

TEST(Resolver, AsksTheNameServer) {
  asio::io_context io;
  FakeNameServer server(io);
  const auto resolver = resolver_on(io, server.address());

  const auto addresses = test::run(io, resolver->resolve("b.example", 5s));

  ASSERT_TRUE(addresses) << addresses.error().message();
  EXPECT_EQ(*addresses, Addresses{asio::ip::make_address("192.0.2.7")});
}

TEST(Resolver, SaysThatANameServerDoesNotAnswer) {
  asio::io_context io;
  FakeNameServer server(io);
  server.be_silent_about("dead");
  const auto resolver = resolver_on(io, server.address());

  const auto addresses = test::run(io, resolver->resolve("dead.example", 50ms));

  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code(), Errc::timeout);
  EXPECT_THAT(addresses.error().message(), testing::HasSubstr("no answer for dead.example from the name servers"));
}

TEST(Resolver, SaysThatThereIsNoSuchName) {
  asio::io_context io;
  FakeNameServer server(io);
  const auto resolver = resolver_on(io, server.address());

  const auto addresses = test::run(io, resolver->resolve("missing.example", 5s));

  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code(), Errc::dns);
  EXPECT_EQ(addresses.error().message(), "dns: no address for missing.example: Domain name not found");
}

TEST(Resolver, AnswersOneNameWhileAnotherHangs) {
  asio::io_context io;
  FakeNameServer server(io);
  server.be_silent_about("dead");
  const auto resolver = resolver_on(io, server.address());
  bool hung_ended = false;
  asio::co_spawn(io, resolver->resolve("dead.example", 10s), [&](std::exception_ptr, auto) { hung_ended = true; });

  const auto addresses = test::run(io, resolver->resolve("b.example", 5s));

  EXPECT_TRUE(addresses);
  EXPECT_FALSE(hung_ended);
}

TEST(Resolver, EndsAtOnceWhenCancelledAndSurvivesTheLateAnswer) {
  asio::io_context io;
  FakeNameServer server(io);
  server.be_silent_about("dead");
  const auto resolver = resolver_on(io, server.address());
  asio::cancellation_signal stop;
  std::optional<Error> error;
  asio::co_spawn(io, resolver->resolve("dead.example", 10s),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, Result<Addresses> result) {
                   if (!result) error = result.error();
                 }));
  while (server.questions() == 0) io.run_one_for(5s);

  stop.emit(asio::cancellation_type::terminal);
  while (!error && io.run_one_for(5s) > 0) {
  }
  const auto other = test::run(io, resolver->resolve("b.example", 5s));

  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), Errc::cancelled);
  EXPECT_TRUE(other);
}

TEST(Resolver, RefusesNameServersThatAreNoAddresses) {
  asio::io_context io;

  const auto resolver = Resolver::create(io.get_executor(), {"not an address"});

  EXPECT_FALSE(resolver);
}

}  // namespace
}  // namespace entente::syncer
