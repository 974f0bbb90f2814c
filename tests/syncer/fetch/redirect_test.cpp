// Federation 5.1.2: FC-10 and FC-6.
#include "syncer/fetch/redirect.hpp"

#include "tests/syncer/fetch/fixture.hpp"

namespace entente::test {
namespace {

class Redirect : public HttpsFetcherTest {
 protected:
  static std::string to(std::string_view location, std::string_view status = "302 Found") {
    return http_response(status, "", "Location: " + std::string(location) + "\r\n");
  }
};

// FC-10
TEST_F(Redirect, IsFollowedAndNotRemembered) {
  TlsServer target = serving(http_response("200 OK", body));
  TlsServer configured = serving(to(target.url("/elsewhere"), "301 Moved Permanently"));

  const auto first = fetch_from(configured);
  const auto second = fetch_from(configured);

  EXPECT_EQ(body_of(first), body);
  EXPECT_EQ(first->url, target.url("/elsewhere"));
  EXPECT_EQ(body_of(second), body);
  EXPECT_EQ(configured.requests().size(), 2U) << "every refresh starts at the configured URL";
}

TEST_F(Redirect, MayBeRelativeAndOfEveryKind) {
  for (const std::string status : {"301 A", "302 B", "303 C", "307 D", "308 E"}) {
    TlsServer server = serving("");
    server.behave(server.answer([&](const std::string& head) {
      return head.starts_with("GET / ") ? to("/bundle", status) : http_response("200 OK", body);
    }));

    EXPECT_EQ(body_of(fetch_from(server)), body) << status;
    EXPECT_EQ(server.accepted(), 1) << "the same host is asked over the same connection";
  }
}

TEST_F(Redirect, InALoopIsAnError) {
  TlsServer server = serving("");
  server.behave(server.answer([&](const std::string& head) { return to(head.starts_with("GET /a ") ? "/b" : "/a"); }));

  const auto answer = fetch_from(server);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::redirect);
  EXPECT_THAT(answer.error().message(), HasSubstr("a loop"));
}

TEST_F(Redirect, WithoutEndIsAnError) {
  TlsServer server = serving("");
  int hop = 0;
  server.behave(server.answer([&](const std::string&) { return to("/" + std::to_string(++hop)); }));

  const auto answer = fetch_from(server);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::redirect);
  EXPECT_EQ(server.requests().size(), 6U);
}

// FC-10, FC-3, FS-8: only to valid endpoint URLs.
TEST_F(Redirect, ToWhatIsNoEndpointUrlIsAnError) {
  for (const std::string location : {"http://127.0.0.1/", "https://user@127.0.0.1/", "ftp://127.0.0.1/", ""}) {
    TlsServer server = serving(to(location));

    const auto answer = fetch_from(server);

    ASSERT_FALSE(answer) << location;
    EXPECT_EQ(answer.error().code(), Errc::redirect) << location;
    EXPECT_THAT(answer.error().message(), HasSubstr("(302)"));
  }
}

// FC-6, FC-10: the same rules at the other end.
TEST_F(Redirect, LeadsUnderTheSameAnchors) {
  const std::string id = "spiffe://b.test/entente";
  TlsServer right = serving(http_response("200 OK", body)), wrong = serving(http_response("200 OK", body));
  right.present(authority.svid(id));
  wrong.present(authority.svid("spiffe://b.test/other"));
  TlsServer to_right = serving(to(right.url())), to_wrong = serving(to(wrong.url()));
  to_right.present(authority.svid(id));
  to_wrong.present(authority.svid(id));

  const auto good = fetch(request(to_right.url(), spiffe_id(id)));
  const auto bad = fetch(request(to_wrong.url(), spiffe_id(id)));

  EXPECT_EQ(body_of(good), body);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), Errc::wrong_spiffe_id);
  EXPECT_TRUE(wrong.requests().empty());
}

TEST_F(Redirect, ToAnotherHostIsJudgedByThatHostsName) {
  TlsServer target = serving(http_response("200 OK", body));
  target.present(authority.web({"other.example"}));
  TlsServer configured = serving(to("https://localhost:" + std::to_string(target.port()) + "/"));

  const auto answer = fetch_from(configured);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::tls);
}

std::vector<asio::ip::address> addresses(std::initializer_list<const char*> texts) {
  std::vector<asio::ip::address> all;
  for (const char* text : texts) all.push_back(asio::ip::make_address(text));
  return all;
}

TEST(ReachOfARedirect, EndsAtPrivateAddressesWhereAPublicOneRedirects) {
  using syncer::Reach;
  using syncer::reach_after;
  const auto public_one = asio::ip::make_address("8.8.8.8"), private_one = asio::ip::make_address("10.0.0.1");

  EXPECT_EQ(reach_after(public_one, false), Reach::public_addresses);
  EXPECT_EQ(reach_after(public_one, true), Reach::anywhere);
  EXPECT_EQ(reach_after(private_one, false), Reach::anywhere);
  EXPECT_EQ(reach_after(std::nullopt, false), Reach::public_addresses) << "behind a proxy";
  EXPECT_EQ(reach_after(std::nullopt, true), Reach::anywhere);
}

// A name may have both kinds, and another kind each time it is asked for.
TEST(ReachOfARedirect, LeavesThePublicAddressesOfAName) {
  using syncer::Reach;
  const auto both = addresses({"10.0.0.1", "8.8.8.8", "::1", "2001:4860:4860::8888"});

  EXPECT_EQ(*syncer::within_reach("c.example", both, Reach::anywhere), both);
  EXPECT_EQ(*syncer::within_reach("c.example", both, Reach::public_addresses),
            addresses({"8.8.8.8", "2001:4860:4860::8888"}));
}

TEST(ReachOfARedirect, SaysWhichAddressIsPrivateAndWhatWouldAllowIt) {
  const auto name = syncer::within_reach("c.example", addresses({"10.0.0.1", "::1"}), syncer::Reach::public_addresses);
  const auto literal = syncer::within_reach("10.0.0.1", addresses({"10.0.0.1"}), syncer::Reach::public_addresses);

  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code(), Errc::redirect);
  EXPECT_THAT(name.error().message(), testing::StartsWith("c.example (10.0.0.1) is a private address"));
  EXPECT_THAT(name.error().message(), HasSubstr("allow_private_redirects"));
  ASSERT_FALSE(literal);
  EXPECT_THAT(literal.error().message(), testing::StartsWith("10.0.0.1 is a private address"));
}

// From one private address to another, as within a company: every other redirect of these tests does.
TEST_F(Redirect, OnTheWaySaysWhereItFailed) {
  TlsServer target = serving("");
  const std::string gone = target.url();
  target.stop_listening();
  TlsServer configured = serving(to(gone));

  const auto answer = fetch_from(configured);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::connect);
  EXPECT_THAT(answer.error().message(), testing::StartsWith("redirected to " + gone + ": connect: "));
}

}  // namespace
}  // namespace entente::test
