// The client against a server in this process, and against sockets that nobody good answers on.
#include "common/spire_api/bundle_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "common/base/task.hpp"
#include "common/rpc/unix_socket.hpp"
#include "common/spire_api/bundle_messages.hpp"
#include "tests/cli/spire_server.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"

namespace entente::spire_api {
namespace {

using std::chrono::seconds;
using test::run;
using ::testing::HasSubstr;

class BundleClientTest : public testing::Test {
 protected:
  static spire::api::types::Bundle own() {
    return to_message(*test::make_bundle({.x509 = {"A"}, .sequence = 7, .hint = seconds(60)}));
  }
  static std::filesystem::path path_of(const test::SpireServer& server) { return server.socket().substr(7); }
  static spiffe::BundlePtr bundle(const std::string& trust_domain) {
    return test::make_bundle({.x509 = {"A"}, .trust_domain = trust_domain});
  }

  asio::io_context io_;
  test::TempFolder folder_;
};

TEST_F(BundleClientTest, ReadsTheServersOwnBundleWithSequenceAndHint) {
  test::SpireServer server(own());
  BundleClient client(path_of(server));

  const auto bundle = run(io_, client.own_bundle());

  ASSERT_TRUE(bundle) << bundle.error().message();
  EXPECT_EQ(bundle->sequence, 7U);
  EXPECT_EQ(bundle->refresh_hint, seconds(60));
  EXPECT_EQ(bundle->x509_authorities.size(), 1U);
  EXPECT_EQ(run(io_, client.own_trust_domain())->name(), bundle->trust_domain.name());
}

TEST_F(BundleClientTest, SetsListsOverAllPagesAndDeletes) {
  test::SpireServer server(own());
  BundleClient client(path_of(server));
  const std::vector<spiffe::BundlePtr> bundles{bundle("b.test"), bundle("c.test"), bundle("d.test")};

  const auto set = run(io_, client.set_federated(bundles));
  const auto listed = run(io_, client.federated_bundles());
  const auto deleted =
      run(io_, client.delete_federated({test::domain("b.test"), test::domain("c.test")}, DeleteMode::dissociate));

  ASSERT_TRUE(set && listed && deleted);
  EXPECT_EQ(std::ranges::count_if(*set, [](const Status& each) { return each.has_value(); }), 3);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ(listed->at(test::domain("c.test")), fingerprint(to_message(*bundles[1])));
  EXPECT_EQ(run(io_, client.federated_bundles())->size(), 1U);
}

TEST_F(BundleClientTest, TellsOfEachItemWhatBecameOfIt) {
  test::SpireServer server(own());
  BundleClient client(path_of(server));
  ASSERT_TRUE(run(io_, client.set_federated({bundle("b.test")})));

  const auto deleted = run(io_, client.delete_federated({test::domain("b.test")}, DeleteMode::restrict_));

  ASSERT_TRUE(deleted);
  ASSERT_EQ(deleted->size(), 1U);
  ASSERT_FALSE(deleted->front());
  EXPECT_THAT(deleted->front().error().message(), HasSubstr("entries use it"));
}

TEST_F(BundleClientTest, NamesTheSocketThatNobodyAnswersOn) {
  BundleClient client(folder_ / "nobody.sock");

  const auto bundle = run(io_, client.own_bundle());

  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code(), Errc::unavailable);
  EXPECT_THAT(bundle.error().message(), HasSubstr((folder_ / "nobody.sock").string()));
}

TEST_F(BundleClientTest, GivesUpOnASilentServerInTimeAndAtOnceWhenCancelled) {
  const auto silent = rpc::ListeningSocket::open(folder_ / "s", 0600, std::nullopt);
  ASSERT_TRUE(silent);
  BundleClient impatient(folder_ / "s", std::chrono::milliseconds(50)), patient(folder_ / "s", std::chrono::hours(1));
  EXPECT_EQ(run(io_, impatient.own_bundle()).error().code(), Errc::timeout);

  Log log(LogLevel::error);
  TaskGroup tasks(io_.get_executor(), log);
  std::optional<Result<spiffe::Bundle>> outcome;
  tasks.spawn("call", test::keep(patient.own_bundle(), outcome));
  io_.restart();
  io_.poll();
  EXPECT_FALSE(outcome);
  tasks.cancel();
  run(io_, tasks.drained());

  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code(), Errc::cancelled);
}

}  // namespace
}  // namespace entente::spire_api
