#include "common/tls/context.hpp"

#include <gtest/gtest.h>

#include "tests/common/tls/connect.hpp"
#include "tests/common/tls/pki.hpp"

namespace entente::tls {
namespace {

using namespace entente::test;

TEST(ServerContext, RefusesAKeyThatIsNotTheCertificates) {
  const Authority authority;
  Identity mixed = authority.issue();
  mixed.key = authority.issue().key;

  const auto context = ServerContext::create(mixed, {});

  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code(), Errc::invalid_argument);
}

TEST(ServerContext, RefusesAnIdentityWithoutACertificate) { EXPECT_FALSE(ServerContext::create(Identity{}, {})); }

TEST(ServerContext, TellsWhenItsCertificateEnds) {
  const Identity identity = Authority().issue();

  EXPECT_EQ(server_context(identity)->not_after(), identity.chain.front().not_after());
}

TEST(ServerContext, AsksForNoClientCertificateUnlessToldTo) {  // FS-3
  asio::io_context io;
  const Authority authority;
  ClientContext::Options options;
  options.trust = WebTrust{"127.0.0.1", authority.roots()};
  options.identity = authority.issue();
  Connection connection(io, must(ClientContext::create(options)), server_context(authority.issue()));

  ASSERT_TRUE(connection.handshake());

  EXPECT_TRUE(connection.server.peer_chain().empty());
}

TEST(ServerContext, JudgesTheClientsChainWhereItDemandsOne) {
  asio::io_context io;
  const Authority authority;
  const Identity caller = authority.issue();
  std::vector<crypto::Certificate> judged;
  ServerContext::Options demanding;
  demanding.verify_client = [&](std::span<const crypto::Certificate> chain) {
    judged.assign(chain.begin(), chain.end());
    return ok();
  };
  ClientContext::Options options;
  options.trust = WebTrust{"127.0.0.1", authority.roots()};
  options.identity = caller;
  Connection connection(io, must(ClientContext::create(options)), server_context(authority.issue(), demanding));

  ASSERT_TRUE(connection.handshake());

  EXPECT_EQ(judged, caller.chain);
  EXPECT_EQ(connection.server.peer_chain(), caller.chain);
}

TEST(ServerContext, TurnsAwayAClientWithoutTheCertificateItDemands) {
  asio::io_context io;
  const Authority authority;
  ServerContext::Options demanding;
  demanding.verify_client = [](std::span<const crypto::Certificate>) { return ok(); };
  Connection connection(io, web_client(authority), server_context(authority.issue(), demanding));

  connection.handshake();

  ASSERT_FALSE(connection.on_server);
  EXPECT_EQ(connection.on_server.error().code(), Errc::tls);
}

TEST(ClientContext, NeedsSomethingToTrustBy) {
  ClientContext::Options no_host;
  no_host.trust = WebTrust{"", Authority().roots()};
  ClientContext::Options no_function;
  no_function.trust = VerifyChain();
  ClientContext::Options no_roots;
  no_roots.trust = WebTrust{"localhost", std::make_shared<const std::vector<crypto::Certificate>>()};

  EXPECT_FALSE(ClientContext::create(no_host));
  EXPECT_FALSE(ClientContext::create(no_function));
  EXPECT_FALSE(ClientContext::create(no_roots));
}

TEST(ClientContext, TrustsTheSystemsRootsWhereNoneAreGiven) {
  asio::io_context io;
  const Authority stranger;
  ClientContext::Options options;
  options.trust = WebTrust{"127.0.0.1", nullptr};
  Connection connection(io, must(ClientContext::create(options)), server_context(stranger.issue()));

  connection.handshake();

  ASSERT_FALSE(connection.on_client);
  EXPECT_NE(connection.on_client.error().message().find("system's roots"), std::string::npos);
}

}  // namespace
}  // namespace entente::tls
