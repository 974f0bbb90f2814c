#include "server/certificate_files.hpp"

#include <gmock/gmock.h>

#include "common/base/task.hpp"
#include "tests/server/endpoint_fixture.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::server {
namespace {

using namespace entente::test;
using testing::HasSubstr;

struct CertificateFilesTest : EndpointFixture {
  CertificateFilesTest() {
    start();
    endpoint->set_publication(publication(1));
  }
  ~CertificateFilesTest() override {
    tasks.cancel();
    turn_until(io, [this] { return tasks.running() == 0; });
  }

  void write_certificate(const tls::Identity& identity) { folder.write("tls.pem", crypto::to_pem(identity.chain)); }
  void write_key(const tls::Identity& identity) {
    const SecretBytes pem = identity.key->pkcs8_pem();
    folder.write("tls.key", pem.text());
  }
  void write(const tls::Identity& identity) {
    write_certificate(identity);
    write_key(identity);
  }
  void settle() {
    io.restart();
    while (io.poll() > 0) {
    }
  }
  void watch() {
    tasks.spawn("watch", watch_certificate_files(files, *endpoint, readiness, log, clock));
    settle();
  }
  // The chain that a new connection is shown; empty where there is no handshake.
  std::vector<crypto::Certificate> presented() {
    const auto stream = secure_client();
    return stream ? stream->peer_chain() : std::vector<crypto::Certificate>();
  }

  TempFolder folder;
  CertificateFiles files{folder / "tls.pem", folder / "tls.key", std::nullopt};
  FakeClock clock{std::chrono::system_clock::now()};
  telemetry::Readiness readiness;
  TaskGroup tasks{io.get_executor(), log};
};

TEST_F(CertificateFilesTest, ArePresented) {
  const tls::Identity identity = authority.issue();
  write(identity);

  watch();

  EXPECT_TRUE(endpoint->ready());
  EXPECT_EQ(presented(), identity.chain);
  EXPECT_EQ(metric("entente_endpoint_certificate_not_after_timestamp_seconds").empty(), false);
}

TEST_F(CertificateFilesTest, AreReadAgainWhenTheyChange) {
  write(authority.issue());
  watch();
  const auto old_connection = secure_client();
  ASSERT_TRUE(old_connection);
  const tls::Identity fresh = authority.issue();

  write(fresh);
  settle();

  EXPECT_EQ(presented(), fresh.chain);
  EXPECT_THAT(ask(*old_connection, get_request, document(1)), testing::StartsWith("HTTP/1.1 200"));
}

TEST_F(CertificateFilesTest, KeepTheOldPairWhileTheNewOneIsHalfWritten) {
  const tls::Identity old_pair = authority.issue(), fresh = authority.issue();
  write(old_pair);
  watch();

  write_certificate(fresh);
  settle();
  EXPECT_EQ(presented(), old_pair.chain);

  folder.write("tls.key", "-----BEGIN PRIVATE KEY-----\n");
  settle();
  EXPECT_EQ(presented(), old_pair.chain);

  write_key(fresh);
  settle();
  EXPECT_EQ(presented(), fresh.chain);
}

TEST_F(CertificateFilesTest, LeaveTheEndpointNotReadyUntilTheyCome) {
  watch();
  EXPECT_FALSE(endpoint->ready());
  EXPECT_THAT(readiness.reasons().front(), HasSubstr("tls.pem"));

  write(authority.issue());
  settle();

  EXPECT_TRUE(endpoint->ready());
  EXPECT_TRUE(readiness.ready());
}

TEST_F(CertificateFilesTest, MustNameAHost) {  // FS-6
  crypto::CertificateTemplate nameless = leaf_template();
  nameless.dns_names.clear();
  nameless.ip_names.clear();
  write(authority.issue(nameless));

  const auto loaded = load_certificate(files);

  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), HasSubstr("subjectAltName"));
}

TEST_F(CertificateFilesTest, MustBeTheConfiguredX509SvidForHttpsSpiffe) {  // FS-7
  crypto::CertificateTemplate svid = leaf_template();
  svid.dns_names.clear();
  svid.ip_names.clear();
  svid.uri_names = {"spiffe://a.test/entente"};
  files.spiffe_id = must(spiffe::SpiffeId::parse("spiffe://a.test/entente"));
  CertificateFiles other = files;
  other.spiffe_id = must(spiffe::SpiffeId::parse("spiffe://a.test/other"));

  write(authority.issue(svid));
  EXPECT_TRUE(load_certificate(files));
  EXPECT_EQ(load_certificate(other).error().code(), Errc::wrong_spiffe_id);

  write(authority.issue());
  EXPECT_FALSE(load_certificate(files));
}

TEST_F(CertificateFilesTest, NameTheFileThatIsAtFault) {
  const tls::Identity identity = authority.issue();
  write_certificate(identity);
  EXPECT_THAT(load_certificate(files).error().message(), HasSubstr("tls.key"));

  folder.write("tls.key", "no key");
  EXPECT_THAT(load_certificate(files).error().message(), HasSubstr("tls.key"));

  write_key(identity);
  folder.write("tls.pem", "no certificate");
  EXPECT_THAT(load_certificate(files).error().message(), HasSubstr("tls.pem"));
}

}  // namespace
}  // namespace entente::server
