// What signs exported bundles: the configured endpoint ID's X509-SVID and no other.
#include "syncer/admin/entente_endpoint_svid.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using std::chrono::hours;
using testing::HasSubstr;

class EndpointSvidTest : public testing::Test {
 protected:
  Result<spiffe::X509Svid> ask(const EndpointSvid& source) { return run(io, source()); }
  Result<spiffe::X509Svid> from_files() {
    return ask(svid_from_files(folder / "svid.pem", folder / "key.pem", id, blocking, clock));
  }
  void write(const tls::Identity& identity) {
    std::ofstream(folder / "svid.pem") << crypto::to_pem(identity.chain);
    std::ofstream(folder / "key.pem") << identity.key->pkcs8_pem().text();
  }

  asio::io_context io;
  asio::thread_pool blocking{1};
  TempFolder folder;
  FakeClock clock;
  Log log{LogLevel::error};
  const spiffe::SpiffeId id = must(spiffe::SpiffeId::parse("spiffe://own.test/entente"));
  const TestAuthority authority{"own.test", clock.now()};
};

TEST_F(EndpointSvidTest, IsMintedByTheIssuerForAsLongAsItAllows) {
  issuer::IssuerOptions options{domain("own.test"), folder / "issuer"};
  const auto issuer = must(issuer::Issuer::open(std::move(options), clock, log));

  const auto svid = ask(svid_from_issuer(*issuer, id, blocking));

  ASSERT_TRUE(svid) << svid.error().message();
  EXPECT_EQ(svid->id, id);
  EXPECT_EQ(svid->chain.front().not_after(), clock.now() + hours(1));
  EXPECT_TRUE(spiffe::verify_x509_svid(svid->chain, issuer->bundle(), clock.now()));
}

TEST_F(EndpointSvidTest, IsTheOneOfItsIdThatAWorkloadApiGives) {
  const auto give = [&](std::vector<std::string> ids) {
    return ask(svid_from_workload_api(
        [&, ids]() -> Result<std::vector<spiffe::X509Svid>> {
          std::vector<spiffe::X509Svid> svids;
          for (const std::string& each : ids) {
            const tls::Identity made = authority.svid(each);
            svids.push_back(must(
                spiffe::make_x509_svid(made.chain, must(crypto::PrivateKey::from_pem(made.key->pkcs8_pem().text())))));
          }
          return svids;
        },
        id, blocking));
  };

  EXPECT_EQ(give({"spiffe://own.test/web", "spiffe://own.test/entente"})->id, id);
  const auto none = give({"spiffe://own.test/web"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
  EXPECT_THAT(none.error().message(), HasSubstr("spiffe://own.test/entente"));
}

TEST_F(EndpointSvidTest, IsReadAnewFromItsFiles) {
  write(authority.svid("spiffe://own.test/entente"));
  ASSERT_TRUE(from_files());
  const tls::Identity next = authority.svid("spiffe://own.test/entente");
  write(next);

  const auto svid = from_files();

  ASSERT_TRUE(svid) << svid.error().message();
  EXPECT_EQ(svid->chain.front(), next.chain.front());
}

TEST_F(EndpointSvidTest, IsNoOthersSvid) {
  write(authority.svid("spiffe://own.test/web"));

  const auto svid = from_files();

  ASSERT_FALSE(svid);
  EXPECT_EQ(svid.error().code(), Errc::wrong_spiffe_id);
  EXPECT_THAT(svid.error().message(), HasSubstr("svid.pem: it is for spiffe://own.test/web"));
}

TEST_F(EndpointSvidTest, IsNotOver) {
  write(authority.svid("spiffe://own.test/entente", clock.now() - std::chrono::seconds(1)));

  const auto svid = from_files();

  ASSERT_FALSE(svid);
  EXPECT_EQ(svid.error().code(), Errc::expired);
}

TEST_F(EndpointSvidTest, SaysWhichFileIsAtFault) {
  EXPECT_THAT(from_files().error().message(), HasSubstr("svid.pem"));
  write(authority.svid("spiffe://own.test/entente"));
  std::ofstream(folder / "key.pem") << "no key";
  EXPECT_THAT(from_files().error().message(), HasSubstr("key.pem"));
  write(authority.svid("spiffe://own.test/entente"));
  std::ofstream(folder / "key.pem") << authority.svid("spiffe://own.test/entente").key->pkcs8_pem().text();
  EXPECT_THAT(from_files().error().message(), HasSubstr("not the leaf"));
}

}  // namespace
}  // namespace entente::syncer
