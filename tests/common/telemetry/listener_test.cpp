#include "common/telemetry/listener.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace entente::telemetry {
namespace {

using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

// A listener on a thread of its own, as the blocking get() needs it.
struct ListenerTest : testing::Test {
  ListenerTest() {
    auto bound = Listener::bind(io.get_executor(), "127.0.0.1:0", metrics, readiness, log, &pages);
    if (!bound) throw std::runtime_error(bound.error().message());
    listener = std::move(*bound);
    asio::co_spawn(io, listener->run(), asio::detached);
    thread = std::thread([this] { io.run(); });
  }
  ~ListenerTest() override {
    io.stop();
    thread.join();
  }

  Result<HttpAnswer> get(const std::string& path) {
    return telemetry::get("http://127.0.0.1:" + std::to_string(listener->port()) + path, std::chrono::seconds(10));
  }
  std::string send(const std::string& request) {
    asio::io_context own;
    tcp::socket socket(own);
    socket.connect({asio::ip::address_v4::loopback(), listener->port()});
    asio::write(socket, asio::buffer(request));
    std::string answer;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer;
  }

  Log log{LogLevel::error};
  Metrics metrics;
  Readiness readiness;
  Pages pages;
  asio::io_context io;
  std::unique_ptr<Listener> listener;
  std::thread thread;
};

TEST_F(ListenerTest, ShowsThePagesThatThereAre) {
  EXPECT_EQ(get("/pollers")->status, 404U);

  pages.add("/pollers", [] { return "{\"clients\":[]}"; });
  const auto answer = get("/pollers?x=1");
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "{\"clients\":[]}");
  EXPECT_THAT(send("GET /pollers HTTP/1.0\r\n\r\n"), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(get("/")->body, HasSubstr("/metrics, /live, /ready, /pollers"));

  pages.remove("/pollers");
  EXPECT_EQ(get("/pollers")->status, 404U);
}

TEST_F(ListenerTest, ServesTheMetrics) {
  metrics.counter("entente_test_total", "Test.").add(2);

  const auto answer = get("/metrics");

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_THAT(answer->body, HasSubstr("entente_test_total 2\n"));
}

TEST_F(ListenerTest, IsLiveEvenWhileNotReady) {
  readiness.unmet("certificate", "none yet");

  EXPECT_EQ(get("/live")->status, 200U);
}

TEST_F(ListenerTest, GivesTheReasonsUntilReady) {
  readiness.unmet("publication", "not there yet");
  readiness.unmet("certificate", "none yet");

  const auto before = get("/ready");
  readiness.met("publication");
  readiness.met("certificate");
  const auto after = get("/ready");

  EXPECT_EQ(before->status, 503U);
  EXPECT_EQ(before->body, "certificate: none yet\npublication: not there yet\n");
  EXPECT_EQ(after->status, 200U);
}

TEST_F(ListenerTest, KnowsNoOtherPathAndNoOtherMethod) {
  EXPECT_EQ(get("/secret")->status, 404U);
  EXPECT_THAT(send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST_F(ListenerTest, AnswersHeadWithoutABody) {
  const std::string answer = send("HEAD /live HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ListenerTest, ServesOthersWhileOneIsSilent) {
  asio::io_context own;
  tcp::socket silent(own);
  silent.connect({asio::ip::address_v4::loopback(), listener->port()});

  EXPECT_EQ(get("/live")->status, 200U);
}

TEST(TelemetryListener, SaysWhatItCannotBind) {
  asio::io_context io;
  Log log(LogLevel::error);
  Metrics metrics;
  const Readiness readiness;

  const auto bound = Listener::bind(io.get_executor(), "localhost:1", metrics, readiness, log);

  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message(), HasSubstr("telemetry: \"localhost:1\""));
}

TEST(TelemetryGet, SaysThatNobodyListens) {
  asio::io_context io;
  tcp::acceptor closed(io, {asio::ip::address_v4::loopback(), 0});
  const std::string url = "http://127.0.0.1:" + std::to_string(closed.local_endpoint().port()) + "/live";
  closed.close();

  const auto answer = get(url, std::chrono::seconds(10));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::connect);
  EXPECT_THAT(answer.error().message(), HasSubstr(url));
}

TEST(TelemetryGet, GivesUpOnASilentListenerInTime) {
  asio::io_context io;
  tcp::acceptor silent(io, {asio::ip::address_v4::loopback(), 0});

  const auto answer = get("http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/live",
                          std::chrono::milliseconds(100));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timeout);
}

TEST(TelemetryGet, RefusesWhatIsNoHttpAddress) {
  EXPECT_EQ(get("https://127.0.0.1/live", std::chrono::seconds(1)).error().code(), Errc::invalid_argument);
  EXPECT_EQ(get("127.0.0.1:9988", std::chrono::seconds(1)).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace entente::telemetry
