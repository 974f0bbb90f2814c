// What strangers may not do to the endpoint: be slow, be many, be silent.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <boost/asio/write.hpp>

#include "common/base/clock.hpp"
#include "tests/server/endpoint_fixture.hpp"

namespace entente::server {
namespace {

using namespace entente::test;
using std::chrono::milliseconds;
using testing::StartsWith;

struct EndpointLimits : EndpointFixture {
  static Limits short_requests() {
    Limits limits;
    limits.request_timeout = milliseconds(200);
    return limits;
  }
  static Limits places(std::size_t all, std::size_t per_address) {
    Limits limits;
    limits.connections = all;
    limits.connections_per_address = per_address;
    return limits;
  }
};

TEST_F(EndpointLimits, CutOffAClientThatNeverShakesHands) {
  start_serving(short_requests());
  tcp::socket silent = connect();

  EXPECT_TRUE(cut_off(silent));

  EXPECT_EQ(metric("entente_endpoint_handshakes_failed_total"), "1");
}

TEST_F(EndpointLimits, CutOffAHandshakeThatWaitsInVainForACertificate) {
  start(short_requests());
  tcp::socket waiting = connect();

  EXPECT_TRUE(cut_off(waiting));

  turn_until(io, [&] { return endpoint->connections() == 0; });
}

TEST_F(EndpointLimits, CutOffGarbage) {
  start_serving();
  tcp::socket socket = connect();
  asio::write(socket, asio::buffer(std::string(4096, 'x')));

  EXPECT_TRUE(cut_off(socket));
}

// The waiting between two bytes is the attack itself.
asio::awaitable<bool> dribble(tls::Stream& stream, Clock& clock) {
  const std::string endless(1'000'000, 'x');
  for (std::size_t i = 0; i < endless.size(); ++i) {
    const Status sent = co_await stream.write(std::span<const char>(endless).subspan(i, 1));
    if (!sent) co_return true;
    const Status slept = co_await clock.sleep(milliseconds(5));
    if (!slept) break;
  }
  co_return false;
}

TEST_F(EndpointLimits, CutOffAHeaderThatComesByteByByte) {
  start_serving(short_requests());
  const auto stream = secure_client();
  ASSERT_TRUE(stream);
  SystemClock clock;

  EXPECT_TRUE(run(io, dribble(*stream, clock)));
}

TEST_F(EndpointLimits, CutOffAReaderThatDoesNotRead) {
  start(short_requests());
  endpoint->set_tls(server_context(authority.issue()));
  std::string large = document(1);
  large.insert(1, "\"filler\":\"" + std::string(4U << 20, 'x') + "\",");
  endpoint->set_publication(must(prepare_publication(a_test(), large)));
  const auto stream = secure_client();
  ASSERT_TRUE(stream);

  EXPECT_TRUE(run(io, stream->write(get_request)));  // and never a read

  turn_until(io, [&] { return endpoint->connections() == 0; });
  EXPECT_EQ(metric("entente_endpoint_requests_total{status=\"200\"}"), "0");
}

TEST_F(EndpointLimits, EndAConnectionThatStaysIdle) {
  Limits limits;
  limits.idle_timeout = milliseconds(150);
  start_serving(limits);
  const auto stream = secure_client();
  ASSERT_TRUE(stream);
  ask(*stream, get_request, document(1));

  EXPECT_EQ(run(io, read_to_end(*stream)), "");
}

TEST_F(EndpointLimits, LetTheOldestIdleConnectionYieldToANewcomer) {
  start_serving(places(2, 2));
  const auto first = secure_client();
  ASSERT_TRUE(first);
  ask(*first, get_request, document(1));
  const auto second = secure_client();
  ASSERT_TRUE(second);
  ask(*second, get_request, document(1));

  EXPECT_THAT(ask(last_request), StartsWith("HTTP/1.1 200"));

  EXPECT_EQ(run(io, read_to_end(*first)), "");
  EXPECT_THAT(ask(*second, get_request, document(1)), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(metric("entente_endpoint_connections_yielded_total"), "1");
}

TEST_F(EndpointLimits, CloseANewcomerWhenNobodyIsIdle) {
  start_serving(places(10, 1));
  tcp::socket busy = connect();
  turn_until(io, [&] { return endpoint->connections() == 1; });

  tcp::socket newcomer = connect();

  EXPECT_TRUE(cut_off(newcomer));
  EXPECT_EQ(endpoint->connections(), 1U);
  EXPECT_EQ(metric("entente_endpoint_connections_refused_total"), "1");
}

// Restores the process's limit of open files.
class FileLimit {
 public:
  explicit FileLimit(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lower = before_;
    lower.rlim_cur = most;
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(EndpointLimits, ServeANewcomerByAnIdleConnectionsDescriptorWhenTheyRunOut) {
  start_serving();
  const auto idle = secure_client();
  ASSERT_TRUE(idle);
  ask(*idle, get_request, document(1));
  tcp::socket newcomer = connect();  // in the kernel's queue: the endpoint has not turned yet
  const FileLimit none(static_cast<rlim_t>(newcomer.native_handle()) + 1);

  tls::Stream stream(std::move(newcomer), trust);
  EXPECT_TRUE(run(io, stream.handshake()));

  EXPECT_EQ(run(io, read_to_end(*idle)), "");
}

}  // namespace
}  // namespace entente::server
