// What is kept between polls, and when it is not.
#include <cstdlib>

#include "tests/support/temp_folder.hpp"
#include "tests/syncer/fetch/fixture.hpp"

namespace entente::test {
namespace {

class Reuse : public HttpsFetcherTest {
 protected:
  static constexpr const char* id = "spiffe://b.test/entente";
  const std::string closing = http_response("200 OK", body, "Connection: close\r\n");

  TlsServer spiffe_server(const std::string& response) {
    TlsServer server = serving(response);
    server.present(authority.svid(id));
    return server;
  }
};

TEST_F(Reuse, KeepsAConnectionThatThePeerKeeps) {
  TlsServer server = serving(http_response("200 OK", body));

  for (int i = 0; i < 3; ++i) EXPECT_EQ(body_of(fetch_from(server)), body);

  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(Reuse, ResumesTheSessionWhereThePeerClosed) {
  TlsServer server = serving(closing);

  for (int i = 0; i < 3; ++i) EXPECT_EQ(body_of(fetch_from(server)), body);

  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(server.resumed(), 2);
}

TEST_F(Reuse, ResumesTheSessionByHttpsSpiffeToo) {
  TlsServer server = spiffe_server(closing);

  for (int i = 0; i < 3; ++i) EXPECT_EQ(body_of(fetch(request(server.url(), spiffe_id(id)))), body);

  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(server.resumed(), 2);
}

TEST_F(Reuse, TriesAgainWhereAKeptConnectionWasCut) {
  TlsServer server = serving(http_response("200 OK", body));
  ASSERT_EQ(body_of(fetch_from(server)), body);
  server.drop_all();

  const auto answer = fetch_from(server);

  EXPECT_EQ(body_of(answer), body);
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(Reuse, TriesAgainWhereAKeptConnectionDiedUnseen) {
  TlsServer server = serving(http_response("200 OK", body));
  server.behave(server.answer([&](const std::string&) {
    return server.requests().size() == 2 ? std::string() : http_response("200 OK", body);
  }));
  ASSERT_EQ(body_of(fetch_from(server)), body);

  const auto answer = fetch_from(server, 1s);

  EXPECT_EQ(body_of(answer), body);
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(Reuse, EndsWhenTheAnchorsChange) {
  const TestAuthority rotated("b.test", clock.now());
  TlsServer server = spiffe_server(http_response("200 OK", body));
  ASSERT_EQ(body_of(fetch(request(server.url(), spiffe_id(id)))), body);

  const auto answer = fetch(request(server.url(), spiffe_id(id, rotated)));

  ASSERT_FALSE(answer) << "the old proof must not live on";
  EXPECT_EQ(answer.error().code(), Errc::tls);
  EXPECT_EQ(server.accepted(), 2);
  EXPECT_EQ(server.resumed(), 0);
}

TEST_F(Reuse, EndsWhenTheRootsOrTheUrlChange) {
  TlsServer server = serving(closing);
  ASSERT_EQ(body_of(fetch_from(server)), body);

  const TestAuthority other("b.test", clock.now());
  const auto other_roots = fetch(request(server.url(), syncer::WebAnchors{other.roots()}));
  const auto other_url = fetch(request(server.url("/other"), web()));

  EXPECT_FALSE(other_roots);
  EXPECT_EQ(body_of(other_url), body);
  EXPECT_EQ(server.resumed(), 0);
}

// The system's roots: one reading for all fetchers, and nothing outlives a root that was taken out.
TEST_F(Reuse, EndsWhenTheSystemsRootsChange) {
  const TempFolder folder;
  const TestAuthority other("b.test", clock.now());
  ::setenv("SSL_CERT_FILE", folder.write("roots.pem", authority.certificate().pem()).c_str(), 1);
  ::setenv("SSL_CERT_DIR", (folder / "none").c_str(), 1);
  TlsServer server = serving(http_response("200 OK", body));
  const FetchRequest wanted = request(server.url(), syncer::WebAnchors{});

  const auto first = fetch(wanted);
  const auto second = fetch(wanted);
  EXPECT_EQ(server.accepted(), 1) << "kept while nothing changes";
  folder.write("fresh.pem", other.certificate().pem());
  std::filesystem::rename(folder / "fresh.pem", folder / "roots.pem");
  const auto third = fetch(wanted);
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");

  EXPECT_EQ(body_of(first), body);
  EXPECT_EQ(body_of(second), body);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), Errc::tls);
  EXPECT_THAT(third.error().message(), HasSubstr("the system's roots"));
  EXPECT_EQ(server.resumed(), 0);
}

TEST_F(Reuse, SurvivesANewCopyOfTheSameAnchors) {
  TlsServer server = spiffe_server(http_response("200 OK", body));

  for (int i = 0; i < 2; ++i) EXPECT_EQ(body_of(fetch(request(server.url(), spiffe_id(id)))), body);

  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(Reuse, EndsWithThePeersCertificate) {
  TlsServer server = spiffe_server(http_response("200 OK", body));
  server.present(authority.svid(id, clock.now() + 10min));
  ASSERT_EQ(body_of(fetch(request(server.url(), spiffe_id(id)))), body);

  clock.jump(11min);
  const auto still_old = fetch(request(server.url(), spiffe_id(id)));
  server.present(authority.svid(id, clock.now() + 10min));
  const auto renewed = fetch(request(server.url(), spiffe_id(id)));

  EXPECT_FALSE(still_old);
  EXPECT_EQ(body_of(renewed), body);
}

TEST_F(Reuse, TriesEveryAddressOfAName) {
  TlsServer server = serving(http_response("200 OK", body));

  const auto answer = fetch(request("https://localhost:" + std::to_string(server.port()) + "/", web()));

  EXPECT_EQ(body_of(answer), body) << "nothing listens at ::1";
}

}  // namespace
}  // namespace entente::test
