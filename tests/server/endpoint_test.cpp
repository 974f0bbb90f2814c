#include "server/endpoint.hpp"

#include <gmock/gmock.h>

#include "tests/server/endpoint_fixture.hpp"

namespace entente::server {
namespace {

using namespace entente::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using EndpointTest = EndpointFixture;

TEST_F(EndpointTest, ServesTheBundle) {  // FS-2, FS-4, FS-5, FS-6
  start_serving();

  const std::string answer = ask(last_request);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: max-age=60\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
  EXPECT_THAT(answer, Not(HasSubstr("Server:")));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + document(1)));
  EXPECT_EQ(metric("entente_endpoint_requests_total{status=\"200\"}"), "1");
}

TEST_F(EndpointTest, ServesOnePath) {
  start_serving({}, "/bundle");

  EXPECT_THAT(ask("GET /bundle?x=1 HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 404"));
}

TEST_F(EndpointTest, KeepsAConnectionForManyRequests) {
  start_serving();
  const auto stream = secure_client();
  ASSERT_TRUE(stream);

  for (int i = 0; i < 3; ++i) EXPECT_THAT(ask(*stream, get_request, document(1)), StartsWith("HTTP/1.1 200"));

  EXPECT_EQ(metric("entente_endpoint_connections"), "1");
}

TEST_F(EndpointTest, RemembersWhoWasToldWhichBundleAndNobodyElse) {
  start_serving();
  EXPECT_THAT(ask("GET /pollers HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 404")) << "that is for operators";
  EXPECT_THAT(ask("HEAD / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(endpoint->pollers()->size(), 0U);
  const std::string first = publication(1)->etag, second = publication(2)->etag;

  EXPECT_THAT(ask("GET / HTTP/1.0\r\nIf-None-Match: " + first + "\r\n\r\n"), StartsWith("HTTP/1.1 304"));
  endpoint->set_publication(publication(2));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\nIf-None-Match: " + first + "\r\n\r\n"), StartsWith("HTTP/1.1 200"));

  const std::string shown = endpoint->pollers()->json();
  const auto bare = [](const std::string& etag) { return etag.substr(1, etag.size() - 2); };
  EXPECT_THAT(shown, HasSubstr("\"etag\":\"" + bare(second) + "\""));
  EXPECT_THAT(shown, HasSubstr("\"address\":\"127.0.0.1\""));
  EXPECT_THAT(shown, HasSubstr("\"sent\":\"" + bare(first) + "\",\"given\":\"" + bare(second) + "\""));
}

TEST_F(EndpointTest, AnswersPipelinedRequestsInOrder) {
  start_serving();

  const std::string answers =
      ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n" + last_request);

  const std::size_t first = answers.find("HTTP/1.1 200"), second = answers.find("HTTP/1.1 404", first + 1);
  const std::size_t third = answers.find("HTTP/1.1 200", second + 1);
  EXPECT_EQ(first, 0U);
  ASSERT_NE(second, std::string::npos);
  EXPECT_NE(third, std::string::npos);
  EXPECT_TRUE(answers.ends_with(document(1)));
}

TEST_F(EndpointTest, AnswersHeadWithoutTheBundle) {
  start_serving();

  const std::string answer = ask("HEAD / HTTP/1.0\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::to_string(document(1).size()) + "\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(EndpointTest, SaysNotModifiedToWhoHasTheBundle) {
  start_serving();

  const std::string answer = ask("GET / HTTP/1.0\r\nIf-None-Match: \"x\", W/" + publication(1)->etag + "\r\n\r\n");

  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 304"), HasSubstr("ETag: " + publication(1)->etag)));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(EndpointTest, ServesTheNewestBundleOnAConnectionThatWasThereBefore) {  // FS-4
  start_serving();
  const auto stream = secure_client();
  ASSERT_TRUE(stream);
  ask(*stream, get_request, document(1));

  endpoint->set_publication(publication(2));

  EXPECT_TRUE(ask(*stream, get_request, document(2)).ends_with(document(2)));
}

TEST_F(EndpointTest, AllowsNoOtherMethod) {
  start_serving();

  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("\r\nAllow: GET, HEAD\r\n"), HasSubstr("Connection: close")));
}

TEST_F(EndpointTest, RefusesMalformedAndOversizedRequestsAndCloses) {
  start_serving();
  const std::string target(9000, 'x'), field(17000, 'x');

  EXPECT_THAT(ask("nonsense\r\n\r\n"), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("Connection: close")));
  EXPECT_THAT(ask("GET /" + target + " HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: a\r\nX: " + field + "\r\n\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_EQ(metric("entente_endpoint_requests_total{status=\"431\"}"), "1");
}

TEST_F(EndpointTest, DoesNotTakeABodyForTheNextRequest) {
  start_serving();

  const std::string answer = ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(get_request.size()) +
                                 "\r\n\r\n" + get_request);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos);
}

TEST_F(EndpointTest, IsUnavailableWithoutABundle) {
  start();
  endpoint->set_tls(server_context(authority.issue()));
  EXPECT_FALSE(endpoint->ready());

  EXPECT_THAT(ask(last_request), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\r\nRetry-After: ")));

  endpoint->set_publication(publication(1));
  EXPECT_TRUE(endpoint->ready());
  EXPECT_THAT(ask(last_request), StartsWith("HTTP/1.1 200"));
}

TEST_F(EndpointTest, AnswersTheHandshakeOnceThereIsACertificate) {
  start();
  endpoint->set_publication(publication(1));
  const auto stream = client();
  Outcome<Status> handshake(io, stream->handshake());
  turn_until(io, [&] { return endpoint->connections() == 1; });
  io.poll();
  ASSERT_FALSE(handshake.done());

  endpoint->set_tls(server_context(authority.issue()));

  EXPECT_TRUE(handshake.get());
}

TEST_F(EndpointTest, PresentsANewCertificateToNewConnectionsAndKeepsTheOldOnes) {
  start_serving();
  const auto old_connection = secure_client();
  ASSERT_TRUE(old_connection);
  const tls::Identity fresh = authority.issue();

  endpoint->set_tls(server_context(fresh));
  const auto new_connection = secure_client();

  ASSERT_TRUE(new_connection);
  EXPECT_EQ(new_connection->peer_chain(), fresh.chain);
  EXPECT_NE(old_connection->peer_chain(), fresh.chain);
  EXPECT_THAT(ask(*old_connection, get_request, document(1)), StartsWith("HTTP/1.1 200"));
  EXPECT_NE(metric("entente_endpoint_certificate_not_after_timestamp_seconds"), "");
}

TEST_F(EndpointTest, AsksForNoClientCertificate) {  // FS-3
  start_serving();

  const auto stream = secure_client();  // the client has none

  ASSERT_TRUE(stream);
  EXPECT_THAT(ask(*stream, get_request, document(1)), StartsWith("HTTP/1.1 200"));
}

TEST_F(EndpointTest, PresentsAnX509SvidWhereThatIsItsIdentity) {  // FS-7
  start();
  crypto::CertificateTemplate svid = leaf_template();
  svid.subject.clear();
  svid.dns_names.clear();
  svid.ip_names.clear();
  svid.uri_names = {"spiffe://a.test/entente"};
  endpoint->set_tls(server_context(authority.issue(svid)));
  tls::ClientContext::Options options;
  std::vector<std::string> names;
  options.trust = tls::VerifyChain([&](std::span<const crypto::Certificate> chain) {
    names = chain.front().uri_names();
    return ok();
  });
  tls::Stream stream(connect(), must(tls::ClientContext::create(options)));

  EXPECT_TRUE(run(io, stream.handshake()));

  EXPECT_EQ(names, std::vector<std::string>{"spiffe://a.test/entente"});
}

TEST_F(EndpointTest, StopsAtOnceWhereNothingIsBeingAnswered) {
  start_serving();
  const auto idle = secure_client();
  ASSERT_TRUE(idle);
  const std::uint16_t port = endpoint->port();

  EXPECT_TRUE(run(io, stop(std::chrono::hours(1))));

  EXPECT_EQ(endpoint->connections(), 0U);
  tcp::socket late(io);
  boost::system::error_code error;
  late.connect({asio::ip::address_v4::loopback(), port}, error);
  EXPECT_TRUE(error);
}

TEST_F(EndpointTest, FinishesWhatIsBeingAnsweredWhenItStops) {
  start_serving();
  const auto stream = secure_client();
  ASSERT_TRUE(stream);
  EXPECT_TRUE(run(io, stream->write(get_request.substr(0, 20))));
  while (io.poll() > 0) {
  }

  Outcome<Status> stopped(io, stop(std::chrono::hours(1)));
  io.poll();
  EXPECT_FALSE(stopped.done());
  EXPECT_TRUE(run(io, stream->write(get_request.substr(20))));

  EXPECT_THAT(run(io, read_past(*stream, document(1))),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
  stream->abort();
  EXPECT_TRUE(stopped.get());
}

TEST_F(EndpointTest, CutsOffWhoIsNotDoneWithinTheGrace) {
  start_serving();
  const auto stream = secure_client();
  ASSERT_TRUE(stream);
  EXPECT_TRUE(run(io, stream->write(get_request.substr(0, 20))));
  while (io.poll() > 0) {
  }

  EXPECT_TRUE(run(io, stop(std::chrono::milliseconds(50))));

  EXPECT_EQ(endpoint->connections(), 0U);
}

TEST(EndpointBind, SaysWhatCannotBeBound) {
  asio::io_context io;
  Log log(LogLevel::error);
  telemetry::Metrics metrics;
  EndpointOptions options;
  options.listen = "192.0.2.1:1";

  const auto bound = Endpoint::bind(io.get_executor(), options, metrics, log);

  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message(), StartsWith("bundle endpoint: listen on 192.0.2.1:1: "));
}

}  // namespace
}  // namespace entente::server
