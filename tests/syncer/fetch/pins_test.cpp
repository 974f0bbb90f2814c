// Key pins: besides the web's roots, never in their place.
#include "tests/syncer/fetch/fixture.hpp"

namespace entente::test {
namespace {

using trust::KeyPin;

class Pins : public HttpsFetcherTest {
 protected:
  Anchors pinned(std::vector<KeyPin> pins) const { return syncer::WebAnchors{authority.roots(), std::move(pins)}; }
  static KeyPin some_pin() { return must(KeyPin::parse("sha256/" + std::string(43, 'A') + "=")); }

  tls::Identity identity = authority.web({"localhost"});
  TlsServer server = [this] {
    TlsServer made = serving(http_response("200 OK", body));
    made.present(identity);
    return made;
  }();
};

TEST_F(Pins, MayBeOfTheEndpointOrOfItsAuthority) {
  const KeyPin leaf = KeyPin::of(identity.chain.front()), root = KeyPin::of(authority.certificate());

  EXPECT_EQ(body_of(fetch(request(server.url(), pinned({leaf})))), body);
  EXPECT_EQ(body_of(fetch(request(server.url(), pinned({some_pin(), root})))), body);
}

TEST_F(Pins, OfOtherKeysRefuseAndSayWhichTheChainHas) {
  const auto answer = fetch(request(server.url(), pinned({some_pin()})));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::tls);
  EXPECT_THAT(
      answer.error().message(),
      HasSubstr("the chain, which is good otherwise, has " + KeyPin::of(identity.chain.front()).str() +
                " (CN=a web server), " + KeyPin::of(authority.certificate()).str() + " (CN=authority of b.test)"));
  EXPECT_TRUE(server.requests().empty());
}

// What the server sends along besides proves nothing: anybody can send anybody's certificate.
TEST_F(Pins, OfACertificateThatIsOnlySentAlongDoNotCount) {
  const TestAuthority pinned_authority("c.test", clock.now());
  identity.chain.push_back(pinned_authority.certificate());
  server.present(identity);

  const auto answer = fetch(request(server.url(), pinned({KeyPin::of(pinned_authority.certificate())})));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::tls);
}

// FC-5
TEST_F(Pins, StandInForNeitherTheRootsNorTheName) {
  const TestAuthority stranger("b.test", clock.now());
  const tls::Identity untrusted = stranger.web({"localhost"}), misnamed = authority.web({"other.example"});
  const std::string by_name = "https://localhost:" + std::to_string(server.port()) + "/";

  server.present(untrusted);
  const auto by_stranger = fetch(request(server.url(), pinned({KeyPin::of(untrusted.chain.front())})));
  server.present(misnamed);
  const auto by_other_name = fetch(request(by_name, pinned({KeyPin::of(misnamed.chain.front())})));

  ASSERT_FALSE(by_stranger);
  EXPECT_THAT(by_stranger.error().message(), HasSubstr("not among the configured roots"));
  ASSERT_FALSE(by_other_name);
  EXPECT_THAT(by_other_name.error().message(), HasSubstr("other.example"));
}

TEST_F(Pins, ThatChangeEndConnectionsAndSessions) {
  const KeyPin leaf = KeyPin::of(identity.chain.front());
  ASSERT_TRUE(fetch(request(server.url(), pinned({leaf}))));

  const auto none = fetch(request(server.url(), pinned({})));
  const auto others = fetch(request(server.url(), pinned({some_pin()})));

  EXPECT_EQ(body_of(none), body);
  EXPECT_FALSE(others) << "the old proof must not live on";
  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(server.resumed(), 0);
}

// What the answer says of the certificate, whichever way the connection came about.
TEST_F(Pins, TheCertificateIsNamedInTheAnswer) {
  const std::string expected = hex_encode(identity.chain.front().fingerprint());
  server.behave(server.answer([&](const std::string&) {
    return http_response("200 OK", body, server.requests().size() == 2 ? "Connection: close\r\n" : "");
  }));

  const auto fresh = fetch(request(server.url(), web()));
  const auto kept = fetch(request(server.url(), web()));
  const auto resumed = fetch(request(server.url(), web()));

  ASSERT_TRUE(fresh && kept && resumed);
  EXPECT_EQ(server.accepted(), 2);
  EXPECT_EQ(server.resumed(), 1);
  EXPECT_EQ(fresh->certificate, expected);
  EXPECT_EQ(kept->certificate, expected);
  EXPECT_EQ(resumed->certificate, expected);
}

}  // namespace
}  // namespace entente::test
