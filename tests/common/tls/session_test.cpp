// Taking up an earlier session instead of a full handshake.
#include <gtest/gtest.h>

#include "tests/common/tls/connect.hpp"
#include "tests/common/tls/pki.hpp"

namespace entente::tls {
namespace {

using namespace entente::test;

bool resumes(asio::io_context& io, const std::shared_ptr<const ClientContext>& client,
             const std::shared_ptr<const ServerContext>& server) {
  Connection connection(io, client, server);
  EXPECT_TRUE(connection.handshake());
  connection.ping();
  EXPECT_FALSE(connection.client.peer_chain().empty());
  EXPECT_EQ(connection.client.resumed(), connection.server.resumed());
  return connection.client.resumed();
}

TEST(Sessions, AreResumedByEveryLaterConnectionOfTheContext) {
  asio::io_context io;
  const Authority authority;
  const auto server = server_context(authority.issue());
  const auto client = web_client(authority);

  EXPECT_FALSE(resumes(io, client, server));
  EXPECT_TRUE(resumes(io, client, server));
  EXPECT_TRUE(resumes(io, client, server));
}

TEST(Sessions, SurviveAConnectionThatWasCut) {
  asio::io_context io;
  const Authority authority;
  const auto server = server_context(authority.issue());
  const auto client = web_client(authority);
  {
    Connection connection(io, client, server);
    ASSERT_TRUE(connection.handshake());
    connection.ping();
    connection.client.abort();
  }

  EXPECT_TRUE(resumes(io, client, server));
}

TEST(Sessions, EndWithTheServersContext) {
  asio::io_context io;
  const Authority authority;
  const auto client = web_client(authority);

  EXPECT_FALSE(resumes(io, client, server_context(authority.issue())));
  EXPECT_FALSE(resumes(io, client, server_context(authority.issue())));
}

TEST(Sessions, AreNotSharedBetweenClientContexts) {
  asio::io_context io;
  const Authority authority;
  const auto server = server_context(authority.issue());

  EXPECT_FALSE(resumes(io, web_client(authority), server));
  EXPECT_FALSE(resumes(io, web_client(authority), server));
}

TEST(Sessions, AreNotResumedPastTheCertificatesEnd) {
  asio::io_context io;
  crypto::CertificateTemplate ended = leaf_template();
  ended.not_before = in_hours(-3);
  ended.not_after = in_hours(-2);
  const auto server = server_context(Authority().issue(ended));
  ClientContext::Options options;
  options.trust = VerifyChain([](std::span<const crypto::Certificate>) { return ok(); });
  const auto client = must(ClientContext::create(options));

  EXPECT_FALSE(resumes(io, client, server));
  EXPECT_FALSE(resumes(io, client, server));
}

TEST(Sessions, AreNotOfferedWhereClientsMustProveThemselves) {
  asio::io_context io;
  const Authority authority;
  ServerContext::Options demanding;
  demanding.verify_client = [](std::span<const crypto::Certificate>) { return ok(); };
  const auto server = server_context(authority.issue(), demanding);
  ClientContext::Options options;
  options.trust = WebTrust{"localhost", authority.roots()};
  options.identity = authority.issue();
  const auto client = must(ClientContext::create(options));

  EXPECT_FALSE(resumes(io, client, server));
  EXPECT_FALSE(resumes(io, client, server));
}

}  // namespace
}  // namespace entente::tls
