#include "tests/syncer/fetch/fixture.hpp"

namespace entente::test {
namespace {

// FC-1, FC-4, FC-5: an address among the SANs.
TEST_F(HttpsFetcherTest, FetchesByHttpsWeb) {
  TlsServer server = serving(http_response("200 OK", body, "ETag: \"one\"\r\n"));

  const auto answer = fetch_from(server);

  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(body_of(answer), body);
  EXPECT_EQ(std::get<syncer::FetchedDocument>(answer->content).etag, "\"one\"");
  EXPECT_EQ(answer->address, "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(answer->url, server.url());
}

// FC-1, FC-6
TEST_F(HttpsFetcherTest, FetchesByHttpsSpiffe) {
  TlsServer server = serving(http_response("200 OK", body));
  server.present(authority.svid("spiffe://b.test/entente"));

  const auto answer = fetch(request(server.url(), spiffe_id("spiffe://b.test/entente")));

  EXPECT_EQ(body_of(answer), body);
}

TEST_F(HttpsFetcherTest, AsksAsHttpHasIt) {
  TlsServer server = serving(http_response("200 OK", body));
  FetchRequest wanted = request(server.url("/a/b?c=d"), web());
  wanted.etag = "\"one\"";

  ASSERT_TRUE(fetch(std::move(wanted)));

  const std::string& head = server.requests().at(0);
  EXPECT_THAT(head, testing::StartsWith("GET /a/b?c=d HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("If-None-Match: \"one\"\r\n"));
  EXPECT_THAT(head, HasSubstr("Accept-Encoding: identity\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: entente/"));
}

TEST_F(HttpsFetcherTest, UnderstandsNotModifiedWhereItAsked) {
  TlsServer server = serving("HTTP/1.1 304 Not Modified\r\n\r\n");
  FetchRequest conditional = request(server.url(), web());
  conditional.etag = "\"one\"";

  const auto asked = fetch(std::move(conditional));
  const auto unasked = fetch_from(server);

  EXPECT_EQ(body_of(asked), "not modified");
  ASSERT_FALSE(unasked);
  EXPECT_EQ(unasked.error().code(), Errc::http_status);
}

// FC-5: by the DNS name, which `localhost` is.
TEST_F(HttpsFetcherTest, ChecksTheHostNameOfHttpsWeb) {
  TlsServer server = serving(http_response("200 OK", body));
  const std::string by_name = "https://localhost:" + std::to_string(server.port()) + "/";

  const auto right = fetch(request(by_name, web()));
  server.present(authority.web({"other.example"}));
  fetcher = syncer::make_https_fetcher(io.get_executor(), *resolver, clock);
  const auto wrong = fetch(request(by_name, web()));

  EXPECT_EQ(body_of(right), body);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Errc::tls);
  EXPECT_THAT(wrong.error().message(), HasSubstr("other.example"));
}

// FC-5
TEST_F(HttpsFetcherTest, TrustsTheConfiguredRootsAlone) {
  const TestAuthority stranger("b.test", clock.now());
  TlsServer server = serving(http_response("200 OK", body));
  server.present(stranger.web({"localhost"}));

  const auto answer = fetch_from(server);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::tls);
  EXPECT_TRUE(server.requests().empty());
}

// FC-6: exactly the configured ID.
TEST_F(HttpsFetcherTest, RefusesAnotherSpiffeId) {
  TlsServer server = serving(http_response("200 OK", body));
  server.present(authority.svid("spiffe://b.test/web"));

  const auto answer = fetch(request(server.url(), spiffe_id("spiffe://b.test/entente")));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::wrong_spiffe_id);
  EXPECT_THAT(answer.error().message(), HasSubstr("the endpoint is spiffe://b.test/web, not spiffe://b.test/entente"));
  EXPECT_TRUE(server.requests().empty());
}

// FC-6, FC-14: an SVID of another trust domain proves nothing, whoever signed it.
TEST_F(HttpsFetcherTest, RefusesAnSvidOfAnotherTrustDomain) {
  const TestAuthority c("c.test", clock.now());
  TlsServer server = serving(http_response("200 OK", body));
  server.present(c.svid("spiffe://c.test/entente"));

  const auto wrong_id = fetch(request(server.url(), spiffe_id("spiffe://b.test/entente")));
  server.present(c.svid("spiffe://b.test/entente"));
  const auto wrong_signer = fetch(request(server.url(), spiffe_id("spiffe://b.test/entente")));

  ASSERT_FALSE(wrong_id);
  EXPECT_EQ(wrong_id.error().code(), Errc::wrong_spiffe_id);
  ASSERT_FALSE(wrong_signer);
  EXPECT_EQ(wrong_signer.error().code(), Errc::tls);
}

TEST_F(HttpsFetcherTest, RefusesACertificateThatIsNoSvid) {
  TlsServer server = serving(http_response("200 OK", body));

  const auto answer = fetch(request(server.url(), spiffe_id("spiffe://b.test/entente")));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::tls);
  EXPECT_THAT(answer.error().message(), HasSubstr("not a valid X509-SVID of b.test"));
}

TEST_F(HttpsFetcherTest, RefusesExpiredCertificatesAndSaysSo) {
  const Time ended = clock.now() - 1min;
  TlsServer svid_server = serving(http_response("200 OK", body));
  svid_server.present(authority.svid("spiffe://b.test/entente", ended));
  TlsServer web_server = serving(http_response("200 OK", body));
  web_server.present(authority.web({"localhost"}, ended));

  const auto by_svid = fetch(request(svid_server.url(), spiffe_id("spiffe://b.test/entente")));
  const auto by_web = fetch_from(web_server);

  ASSERT_FALSE(by_svid);
  EXPECT_EQ(by_svid.error().code(), Errc::tls);
  EXPECT_THAT(by_svid.error().message(), HasSubstr("not after " + format_time(ended)));
  ASSERT_FALSE(by_web);
  EXPECT_EQ(by_web.error().code(), Errc::tls);
  EXPECT_THAT(by_web.error().message(), HasSubstr("certificate has expired"));
}

TEST_F(HttpsFetcherTest, SaysWhoRefusedTheConnection) {
  TlsServer server = serving(http_response("200 OK", body));
  const std::string url = server.url();
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  server.stop_listening();

  const auto answer = fetch(request(url, web()));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::connect);
  EXPECT_EQ(answer.error().message(), "connect: " + address + ": connection refused");
}

TEST_F(HttpsFetcherTest, SaysThatANameHasNoAddress) {
  const auto answer = fetch(request("https://no-such-name.invalid/", web(), 200ms));

  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().code(), testing::AnyOf(Errc::dns, Errc::timeout));
  EXPECT_THAT(answer.error().message(), HasSubstr("no-such-name.invalid"));
}

TEST_F(HttpsFetcherTest, EndsAtOnceWhenCancelled) {
  TlsServer server = serving("");
  server.be_silent();
  asio::cancellation_signal stop;
  std::optional<Error> error;
  asio::co_spawn(io, fetcher->fetch(request(server.url(), web())),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, const Result<FetchAnswer>& answer) {
                   if (!answer) error = answer.error();
                 }));
  while (server.accepted() == 0) io.run_one_for(5s);

  stop.emit(asio::cancellation_type::terminal);
  while (!error && io.run_one_for(5s) > 0) {
  }

  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), Errc::cancelled);
}

}  // namespace
}  // namespace entente::test
