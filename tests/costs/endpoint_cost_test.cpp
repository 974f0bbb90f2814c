// What one request on a kept connection costs the bundle endpoint's thread.
#include "tests/costs/turns.hpp"
#include "tests/server/endpoint_fixture.hpp"

namespace entente::server {
namespace {

using namespace entente::test;

constexpr std::uint64_t requests = 200;

class EndpointCost : public EndpointFixture {
 protected:
  EndpointCost() {
    start_serving();
    asio::ip::tcp::socket socket(client_io);
    socket.connect({asio::ip::address_v4::loopback(), endpoint->port()});
    client = std::make_unique<tls::Stream>(std::move(socket), trust);
    Outcome<Status> handshake(client_io, client->handshake());
    Meter uncounted;
    in_turns(uncounted, handshake);
  }

  void in_turns(Meter& meter, Outcome<Status>& client_side) {
    take_turns(client_io, io, meter, [&] { return client_side.done(); });
    EXPECT_TRUE(client_side.get());
  }

  static asio::awaitable<Status> ask_once(tls::Stream& stream, std::string request, std::string end) {
    const Status sent = co_await stream.write(request);
    if (!sent) co_return sent.error();
    std::string answer, block(16384, '\0');
    const std::span<char> room(block);
    while (!answer.ends_with(end)) {
      const Result<std::size_t> got = co_await stream.read_some(room);
      if (!got) co_return got.error();
      if (*got == 0) co_return Error(Errc::io, "the endpoint ended the connection");
      answer.append(block, 0, *got);
    }
    co_return ok();
  }

  // Without what only the first requests cost.
  Meter cost_when_warm(const std::string& request, const std::string& end) {
    Meter warming, meter;
    for (std::uint64_t i = 0; i < 20 + requests; ++i) {
      Outcome<Status> asked(client_io, ask_once(*client, request, end));
      in_turns(i < 20 ? warming : meter, asked);
    }
    return meter;
  }

  // The wait, its arming, the request and the answer.
  static void expect_calls_of_a_request(const Meter& cost) {
    EXPECT_EQ(cost.calls().of("sendto"), requests) << "one for each answer, whole";
    EXPECT_LE(cost.calls().of("recvfrom"), requests) << cost;
    EXPECT_LE(cost.calls().of("epoll_wait"), at_most(1, requests)) << cost;
    EXPECT_LE(cost.calls().of("epoll_ctl"), requests) << cost;
    EXPECT_LE(cost.calls().total(), at_most(4, requests)) << cost;
  }

  asio::io_context client_io;
  std::unique_ptr<tls::Stream> client;
};

// Of them two are OpenSSL's buffers for reading, of 16 KB each (one for the request, one to find nothing behind it),
// one is its buffer for writing and about six are small ones of its records; the rest is the parsed request and
// coroutines.
TEST_F(EndpointCost, OfAGetOnAKeptConnection) {
  const Meter cost = cost_when_warm(get_request, document(1));

  EXPECT_EQ(metric("entente_endpoint_requests_total{status=\"200\"}"), "220");
  EXPECT_LE(cost.allocations().count, at_most(16, requests)) << cost;
  EXPECT_LE(cost.allocations().bytes, requests * 37000) << cost;
  expect_calls_of_a_request(cost);
}

// Over the above: the answer is put together for each, with its date, and the entity tags are compared.
TEST_F(EndpointCost, OfAConditionalGetThatIsNotModified) {
  const std::string conditional =
      "GET / HTTP/1.1\r\nHost: a.example\r\nIf-None-Match: " + publication(1)->etag + "\r\n\r\n";

  const Meter cost = cost_when_warm(conditional, "\r\n\r\n");

  EXPECT_EQ(metric("entente_endpoint_requests_total{status=\"304\"}"), "220");
  EXPECT_LE(cost.allocations().count, at_most(21, requests)) << cost;
  EXPECT_LE(cost.allocations().bytes, requests * 37000) << cost;
  expect_calls_of_a_request(cost);
}

}  // namespace
}  // namespace entente::server
