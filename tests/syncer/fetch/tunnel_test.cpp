// Fetching through an HTTP proxy.
#include "tests/syncer/fetch/connect_proxy.hpp"
#include "tests/syncer/fetch/fixture.hpp"

namespace entente::test {
namespace {

using testing::Not;
using testing::StartsWith;

// b.example is a name that only the proxy knows.
class Tunnelled : public HttpsFetcherTest {
 protected:
  Tunnelled() { server.present(authority.web({"b.example"})); }

  void use(const std::string& proxy_url, const std::string& no_proxy = "") {
    fetcher = syncer::make_https_fetcher(io.get_executor(), *resolver, clock,
                                         must(syncer::ProxySettings::parse(proxy_url, no_proxy)));
  }
  Result<FetchAnswer> fetch_b(Duration timeout = 10s) {
    return fetch(request("https://b.example:8443/x", web(), timeout));
  }
  Error refusal(Duration timeout = 10s) {
    const auto answer = fetch_b(timeout);
    return answer ? Error(Errc::internal, "no error") : answer.error();
  }

  TlsServer server = serving(http_response("200 OK", body));
  ConnectProxy proxy{io, server.port()};
};

TEST_F(Tunnelled, FetchesThroughTheProxyAndSaysSo) {
  use("http://" + proxy.address());

  const auto answer = fetch_b();

  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(body_of(answer), body);
  EXPECT_EQ(answer->address, "b.example:8443 via " + proxy.address());
  EXPECT_EQ(answer->url, "https://b.example:8443/x");
  ASSERT_EQ(proxy.heads().size(), 1U);
  EXPECT_THAT(proxy.heads()[0], StartsWith("CONNECT b.example:8443 HTTP/1.1\r\nHost: b.example:8443\r\n"));
  EXPECT_THAT(proxy.heads()[0], Not(HasSubstr("Proxy-Authorization")));
  EXPECT_THAT(server.requests().at(0), StartsWith("GET /x HTTP/1.1\r\nHost: b.example:8443\r\n"));
}

TEST_F(Tunnelled, NamesThePortToTheProxyWhereTheUrlHasNone) {
  use("http://" + proxy.address());

  EXPECT_TRUE(fetch(request("https://b.example/", web())));
  EXPECT_FALSE(fetch(request("https://[2001:db8::1]/", web())));

  EXPECT_THAT(proxy.heads().at(0), StartsWith("CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n"));
  EXPECT_THAT(proxy.heads().at(1), StartsWith("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"));
}

TEST_F(Tunnelled, FetchesByHttpsSpiffeToo) {
  use("http://" + proxy.address());
  server.present(authority.svid("spiffe://b.test/entente"));

  const auto right = fetch(request("https://b.example/", spiffe_id("spiffe://b.test/entente")));
  const auto wrong = fetch(request("https://b.example/", spiffe_id("spiffe://b.test/other")));

  EXPECT_EQ(body_of(right), body);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Errc::wrong_spiffe_id);
}

TEST_F(Tunnelled, KeepsTheTunnelBetweenPolls) {
  use("http://" + proxy.address());

  EXPECT_TRUE(fetch_b());
  EXPECT_TRUE(fetch_b());

  EXPECT_EQ(proxy.heads().size(), 1U);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(Tunnelled, SendsTheCredentialsToTheProxyAlone) {
  use("http://user:hunter2@" + proxy.address());

  ASSERT_TRUE(fetch_b());

  EXPECT_THAT(proxy.heads()[0], HasSubstr("\r\nProxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n"));
  EXPECT_THAT(server.requests().at(0), Not(HasSubstr("uthorization")));
}

TEST_F(Tunnelled, SaysWhatTheProxyAnsweredAndNoSecret) {
  use("http://user:hunter2@" + proxy.address());
  proxy.answer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno\n");

  const Error error = refusal();

  EXPECT_EQ(error.code(), Errc::connect);
  EXPECT_EQ(error.message(), "proxy " + proxy.address() + ": 407 Proxy Authentication Required");
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(Tunnelled, CleansWhatTheProxySays) {
  use("http://" + proxy.address());
  proxy.answer("HTTP/1.1 403 \xff" + std::string(200, 'x') + "\r\n\r\n");

  const Error error = refusal();

  EXPECT_EQ(error.code(), Errc::connect);
  EXPECT_EQ(error.message(), "proxy " + proxy.address() + ": 403 ?" + std::string(79, 'x'));
}

TEST_F(Tunnelled, RefusesAProxyThatSpeaksBadly) {
  use("http://" + proxy.address());
  const std::vector<std::string> answers = {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 407 " + std::string(64 << 10, 'x'),
                                            "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                                            "HTTP/1.1 403 Forb"};
  for (const std::string& answer : answers) {
    proxy.answer(answer);

    const Error error = refusal();

    EXPECT_EQ(error.code(), Errc::connect) << answer.substr(0, 40);
    EXPECT_THAT(error.message(), StartsWith("proxy " + proxy.address() + ": http: ")) << answer.substr(0, 40);
  }
}

TEST_F(Tunnelled, GivesASilentProxyNoMoreThanTheTimeOfTheWhole) {
  use("http://" + proxy.address());
  proxy.be_silent();

  const Error error = refusal(200ms);

  EXPECT_EQ(error.code(), Errc::timeout);
  EXPECT_EQ(error.message(), "proxy " + proxy.address() + ": no answer to CONNECT b.example:8443 in time");
}

TEST_F(Tunnelled, SaysThatTheProxyCannotBeReached) {
  const std::uint16_t closed = [this] {
    const asio::ip::tcp::acceptor gone(io, {asio::ip::address_v4::loopback(), 0});
    return gone.local_endpoint().port();
  }();
  const std::string address = "127.0.0.1:" + std::to_string(closed);
  use("http://" + address);

  const Error error = refusal();

  EXPECT_EQ(error.code(), Errc::connect);
  EXPECT_EQ(error.message(), "proxy 127.0.0.1: connect: " + address + ": connection refused");
}

// FC-5: a proxy is a road, not a witness.
TEST_F(Tunnelled, DemandsOfTheEndpointWhatItDemandsWithoutAProxy) {
  use("http://" + proxy.address());
  server.present(authority.web({"proxy.example"}));

  const Error error = refusal();

  EXPECT_EQ(error.code(), Errc::tls);
  EXPECT_THAT(error.message(), StartsWith("tls: b.example:8443 via " + proxy.address() + ": certificate of b.example"));
}

TEST_F(Tunnelled, GoesDirectlyWhereNoProxySaysSoAndToLoopbackAlways) {
  use("http://" + proxy.address(), "other.example");

  EXPECT_EQ(body_of(fetch_from(server)), body);

  EXPECT_TRUE(proxy.heads().empty());
}

TEST_F(Tunnelled, EndsAtOnceWhenCancelled) {
  use("http://" + proxy.address());
  proxy.be_silent();
  asio::cancellation_signal stop;
  std::optional<Error> error;
  asio::co_spawn(io, fetcher->fetch(request("https://b.example/", web())),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, const Result<FetchAnswer>& answer) {
                   if (!answer) error = answer.error();
                 }));
  run_until(io, [&] { return !proxy.heads().empty(); });

  stop.emit(asio::cancellation_type::terminal);
  run_until(io, [&] { return error.has_value(); });

  EXPECT_EQ(error->code(), Errc::cancelled);
}

// Redirects: the proxy keeps addresses to itself, and what lies behind it is out there.
class RedirectedByProxy : public Tunnelled {
 protected:
  RedirectedByProxy() { use("http://" + proxy.address()); }
  void redirect_to(const std::string& location) {
    server.behave(server.answer(http_response("302 Found", "", "Location: " + location + "\r\n")));
  }
  Result<FetchAnswer> fetch_allowing() {
    FetchRequest wanted = request("https://b.example/", web());
    wanted.allow_private_redirects = true;
    return fetch(std::move(wanted));
  }

  TlsServer inside = serving(http_response("200 OK", body));
};

TEST_F(RedirectedByProxy, IsKeptFromPrivateAddresses) {
  const std::string port = std::to_string(inside.port());
  for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"}) {
    const std::string location = "https://" + host + ":" + port + "/";
    redirect_to(location);
    use("http://" + proxy.address());

    const Error error = refusal();

    EXPECT_EQ(error.code(), Errc::redirect) << host;
    EXPECT_THAT(error.message(), StartsWith("redirected to " + location + ": "));
    EXPECT_THAT(error.message(), HasSubstr("is a private address"));
    EXPECT_THAT(error.message(), HasSubstr("allow_private_redirects"));
  }
  EXPECT_EQ(inside.accepted(), 0) << "not even a connection";
}

TEST_F(RedirectedByProxy, IsKeptFromAPrivateAddressOfAName) {
  redirect_to("https://localhost:" + std::to_string(inside.port()) + "/");

  const Error error = refusal();

  EXPECT_THAT(error.message(), testing::ContainsRegex("localhost \\((127\\.0\\.0\\.1|::1)\\) is a private address"));
}

TEST_F(RedirectedByProxy, MayGoInsideWhereTheRelationshipSaysSo) {
  redirect_to(inside.url());

  const auto answer = fetch_allowing();

  EXPECT_EQ(body_of(answer), body);
}

TEST_F(RedirectedByProxy, DoesNotComeInOverAConnectionThatAnEarlierPermissionLeft) {
  redirect_to(inside.url());
  ASSERT_TRUE(fetch_allowing());

  const auto answer = fetch(request("https://b.example/", web()));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::redirect);
  EXPECT_EQ(inside.requests().size(), 1U);
}

TEST_F(RedirectedByProxy, IsKeptFromALiteralPrivateAddressBehindTheProxy) {
  redirect_to("https://10.0.0.1:8443/");

  const Error error = refusal();

  EXPECT_EQ(error.code(), Errc::redirect);
  EXPECT_EQ(proxy.heads().size(), 1U) << "the proxy is not asked for it";
}

TEST_F(RedirectedByProxy, MayGoToANameBehindTheProxy) {
  server.behave(server.answer([](const std::string& head) {
    return head.find("Host: b.example\r\n") != std::string::npos
               ? http_response("302 Found", "", "Location: https://c.b.example/\r\n")
               : http_response("200 OK", body);
  }));
  server.present(authority.web({"b.example", "c.b.example"}));

  EXPECT_EQ(body_of(fetch(request("https://b.example/", web()))), body);
}

}  // namespace
}  // namespace entente::test
