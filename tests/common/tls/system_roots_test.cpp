// One reading of the system's roots for all who trust them, and a new one when they change.
#include "common/tls/system_roots.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/file.hpp"
#include "tests/common/tls/connect.hpp"
#include "tests/common/tls/pki.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::tls {
namespace {

using namespace entente::test;
using namespace std::chrono_literals;

class SystemRootsTest : public testing::Test {
 protected:
  SystemRootsTest() {
    ::setenv("SSL_CERT_FILE", (folder / "roots.pem").c_str(), 1);
    ::setenv("SSL_CERT_DIR", (folder / "certs").c_str(), 1);
  }
  ~SystemRootsTest() override {
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
  }

  void install(const Authority& authority) {
    const Status written = replace_file(folder / "roots.pem", authority.certificate().pem(), 0644);
    ASSERT_TRUE(written) << written.error().message();
  }
  Status connect_with(const RootStorePtr& store, const Authority& authority) {
    asio::io_context io;
    ClientContext::Options options;
    options.trust = WebTrust{"127.0.0.1", nullptr, store};
    Connection connection(io, must(ClientContext::create(std::move(options))), server_context(authority.issue()));
    connection.handshake();
    return connection.on_client;
  }

  TempFolder folder;
  SystemRoots roots;
  const Time now = from_unix_seconds(1'800'000'000);
};

TEST_F(SystemRootsTest, AreTrustedByEveryContextThatIsGivenThem) {
  const Authority installed("installed"), other("other");
  install(installed);

  const RootStorePtr store = must(roots.current(now));

  EXPECT_TRUE(connect_with(store, installed));
  EXPECT_TRUE(connect_with(store, installed));
  const Status refused = connect_with(store, other);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("the system's roots"), std::string::npos) << refused.error().message();
}

TEST_F(SystemRootsTest, AreOneStoreWhileNothingChanges) {
  install(Authority());

  const RootStorePtr first = must(roots.current(now));

  EXPECT_EQ(first, must(roots.current(now + 59min)));
}

TEST_F(SystemRootsTest, AreReadAgainWhenTheFileIsReplaced) {
  const Authority before("before"), after("after");
  install(before);
  const RootStorePtr old = must(roots.current(now));

  install(after);
  const RootStorePtr fresh = must(roots.current(now));

  EXPECT_NE(old, fresh);
  EXPECT_TRUE(connect_with(fresh, after));
  EXPECT_FALSE(connect_with(fresh, before)) << "what was taken out is trusted no more";
}

TEST_F(SystemRootsTest, AreReadAgainWhenTheFolderChanges) {
  const RootStorePtr old = must(roots.current(now));

  std::filesystem::create_directory(folder / "certs");

  EXPECT_NE(old, must(roots.current(now)));
}

TEST_F(SystemRootsTest, AreReadAgainAfterAnHourAndWhenTheClockWasSetBack) {
  install(Authority());
  const RootStorePtr first = must(roots.current(now));

  const RootStorePtr an_hour_later = must(roots.current(now + 1h));
  const RootStorePtr set_back = must(roots.current(now));

  EXPECT_NE(first, an_hour_later);
  EXPECT_NE(an_hour_later, set_back);
}

}  // namespace
}  // namespace entente::tls
