// How a client judges a server: as a web client (FC-5), or by a function of its own (FC-6).
#include <gtest/gtest.h>

#include "tests/common/tls/connect.hpp"
#include "tests/common/tls/pki.hpp"

namespace entente::tls {
namespace {

using namespace entente::test;

Status connect_as(const std::string& host, const crypto::CertificateTemplate& wanted) {
  asio::io_context io;
  const Authority authority;
  Connection connection(io, web_client(authority, host), server_context(authority.issue(wanted)));
  connection.handshake();
  return connection.on_client;
}

Status connect_by(VerifyChain judge, const Identity& server) {
  asio::io_context io;
  ClientContext::Options options;
  options.trust = std::move(judge);
  Connection connection(io, must(ClientContext::create(options)), server_context(server));
  connection.handshake();
  return connection.on_client;
}

TEST(WebTrust, AcceptsTheNameOrAddressAmongTheSubjectAlternativeNames) {  // FC-5, FS-6
  EXPECT_TRUE(connect_as("localhost", leaf_template()));
  EXPECT_TRUE(connect_as("127.0.0.1", leaf_template()));
}

TEST(WebTrust, NamesWhatTheCertificateIsForWhereItIsForAnother) {  // FC-5
  const Status status = connect_as("b.example", leaf_template());

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Errc::tls);
  EXPECT_NE(status.error().message().find("b.example"), std::string::npos);
  EXPECT_NE(status.error().message().find("localhost, 127.0.0.1"), std::string::npos);
}

TEST(WebTrust, DoesNotTakeACommonNameForAName) {  // FC-5
  crypto::CertificateTemplate wanted = leaf_template();
  wanted.subject = {{"CN", "localhost"}};
  wanted.dns_names.clear();
  wanted.ip_names.clear();
  wanted.uri_names = {"spiffe://a.test/web"};

  EXPECT_FALSE(connect_as("localhost", wanted));
}

TEST(WebTrust, DoesNotTakeADnsNameForAnAddress) {  // FC-5
  crypto::CertificateTemplate wanted = leaf_template();
  wanted.dns_names = {"127.0.0.1"};
  wanted.ip_names.clear();

  EXPECT_FALSE(connect_as("127.0.0.1", wanted));
}

TEST(WebTrust, TakesAWildcardForOneWholeLabelOnly) {  // FC-5
  crypto::CertificateTemplate whole = leaf_template();
  whole.dns_names = {"*.b.example"};
  crypto::CertificateTemplate partial = leaf_template();
  partial.dns_names = {"w*.b.example"};

  EXPECT_TRUE(connect_as("web.b.example", whole));
  EXPECT_FALSE(connect_as("deep.web.b.example", whole));
  EXPECT_FALSE(connect_as("web.b.example", partial));
}

TEST(WebTrust, RefusesAnExpiredCertificate) {
  crypto::CertificateTemplate wanted = leaf_template();
  wanted.not_before = in_hours(-3);
  wanted.not_after = in_hours(-2);

  const Status status = connect_as("localhost", wanted);

  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("expired"), std::string::npos);
}

TEST(WebTrust, RefusesAnAuthorityThatIsNotAmongTheRoots) {
  asio::io_context io;
  const Authority trusted("trusted"), other("other");
  Connection connection(io, web_client(trusted, "localhost"), server_context(other.issue()));

  connection.handshake();

  ASSERT_FALSE(connection.on_client);
  EXPECT_NE(connection.on_client.error().message().find("configured roots"), std::string::npos);
}

// What a server sends and what proves it are two things: strangers may stand in what it sends.
TEST(WebTrust, GivesTheVerifiedChainToWhoeverJudgesBesides) {
  asio::io_context io;
  const Authority authority, stranger("stranger");
  Identity server = authority.issue();
  server.chain.push_back(stranger.certificate());
  std::vector<crypto::Certificate> judged;
  ClientContext::Options options;
  options.trust = WebTrust{"127.0.0.1", authority.roots(), {}, [&](std::span<const crypto::Certificate> chain) {
                             judged.assign(chain.begin(), chain.end());
                             return ok();
                           }};
  Connection connection(io, must(ClientContext::create(std::move(options))), server_context(server));

  EXPECT_TRUE(connection.handshake());

  const std::vector<crypto::Certificate> verified = {server.chain[0], authority.certificate()};
  EXPECT_EQ(judged, verified);
  EXPECT_EQ(connection.client.verified_chain(), verified);
  EXPECT_EQ(connection.client.peer_chain(), server.chain);
}

TEST(WebTrust, IsRefusedByWhoeverJudgesBesides) {
  asio::io_context io;
  const Authority authority;
  const Error refusal(Errc::tls, "not one of the pinned keys");
  ClientContext::Options options;
  options.trust = WebTrust{
      "127.0.0.1", authority.roots(), {}, [&](std::span<const crypto::Certificate>) -> Status { return refusal; }};
  Connection connection(io, must(ClientContext::create(std::move(options))), server_context(authority.issue()));

  connection.handshake();

  ASSERT_FALSE(connection.on_client);
  EXPECT_EQ(connection.on_client.error(), refusal);
}

TEST(WebTrust, AsksNobodyBesidesWhereTheChainIsBadAlready) {
  asio::io_context io;
  const Authority authority, other("other");
  bool asked = false;
  ClientContext::Options options;
  options.trust = WebTrust{"127.0.0.1", authority.roots(), {}, [&](std::span<const crypto::Certificate>) {
                             asked = true;
                             return ok();
                           }};
  Connection connection(io, must(ClientContext::create(std::move(options))), server_context(other.issue()));

  EXPECT_FALSE(connection.handshake());
  EXPECT_FALSE(asked);
}

TEST(VerifyChain, IsGivenTheChainLeafFirst) {
  const Authority authority;
  Identity server = authority.issue();
  server.chain.push_back(authority.certificate());
  std::vector<crypto::Certificate> judged;
  const auto judge = [&](std::span<const crypto::Certificate> chain) {
    judged.assign(chain.begin(), chain.end());
    return ok();
  };

  EXPECT_TRUE(connect_by(judge, server));

  EXPECT_EQ(judged, server.chain);
}

TEST(VerifyChain, DecidesAloneWithoutOpenSslsOpinion) {
  crypto::CertificateTemplate expired = leaf_template();
  expired.not_before = in_hours(-3);
  expired.not_after = in_hours(-2);
  const auto judge = [](std::span<const crypto::Certificate>) { return ok(); };

  EXPECT_TRUE(connect_by(judge, Authority().issue(expired)));
}

TEST(VerifyChain, ReturnsItsOwnErrorFromTheHandshake) {  // FC-6
  const Error refusal(Errc::wrong_spiffe_id, "the endpoint is spiffe://b.test/x, not spiffe://b.test/entente");
  const auto judge = [&](std::span<const crypto::Certificate>) -> Status { return refusal; };

  const Status status = connect_by(judge, Authority().issue());

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error(), refusal);
}

TEST(VerifyChain, ThatThrowsRefuses) {
  const auto judge = [](std::span<const crypto::Certificate>) -> Status { throw std::runtime_error("a bug"); };

  const Status status = connect_by(judge, Authority().issue());

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Errc::internal);
}

}  // namespace
}  // namespace entente::tls
