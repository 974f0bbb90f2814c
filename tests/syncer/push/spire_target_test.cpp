// A SPIRE server as a target, by a server with its API in this process.
#include "syncer/push/spire_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "common/spire_api/bundle_messages.hpp"
#include "tests/cli/spire_server.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/syncer/support/run.hpp"

namespace entente::syncer {
namespace {

using spire_api::DeleteMode;
using test::domain;
using test::run;
using testing::HasSubstr;
using testing::IsEmpty;

class SpireTargetTest : public testing::Test {
 protected:
  SpireTarget target(DeleteMode on_end) { return {server_.socket().substr(7), on_end}; }
  std::map<spiffe::TrustDomain, std::string> held(SpireTarget& target) {
    return run(io_, target.look({}))->fingerprints;
  }

  asio::io_context io_;
  test::SpireServer server_{
      spire_api::to_message(*test::make_bundle({.x509 = {"S"}, .sequence = 1, .trust_domain = "spire.test"}))};
  const spiffe::BundlePtr bundle_ =
      test::make_bundle({.x509 = {"A"}, .jwt = {"k"}, .sequence = 3, .hint = std::chrono::seconds(60)});
};

TEST_F(SpireTargetTest, HoldsWhatWasSetAndReservesTheServersOwnTrustDomain) {
  SpireTarget spire = target(DeleteMode::dissociate);

  const auto set = run(io_, spire.set({bundle_}));
  const auto seen = run(io_, spire.look({}));

  ASSERT_TRUE(set && seen);
  EXPECT_TRUE(set->front());
  EXPECT_EQ(seen->fingerprints.at(domain("b.test")), spire.fingerprint(*bundle_));
  ASSERT_EQ(seen->reserved.size(), 1U);
  EXPECT_THAT(seen->reserved.at(domain("spire.test")), HasSubstr("own trust domain"));
}

TEST_F(SpireTargetTest, DeletesInTheChosenMode) {
  SpireTarget spire = target(DeleteMode::dissociate);
  ASSERT_TRUE(run(io_, spire.set({bundle_})));

  const auto removed = run(io_, spire.remove({domain("b.test")}));

  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->front());
  EXPECT_THAT(held(spire), IsEmpty());
}

// FC-16: what has ended is trusted no more, whatever the server lets us delete.
TEST_F(SpireTargetTest, EmptiesWhatTheServerWillNotDelete) {
  SpireTarget spire = target(DeleteMode::restrict_);
  ASSERT_TRUE(run(io_, spire.set({bundle_})));

  const auto removed = run(io_, spire.remove({domain("b.test")}));

  ASSERT_TRUE(removed);
  ASSERT_FALSE(removed->front());
  EXPECT_THAT(removed->front().error().message(), HasSubstr("entries use it"));
  EXPECT_EQ(held(spire).at(domain("b.test")), spire.fingerprint(spiffe::Bundle(domain("b.test"))));
}

}  // namespace
}  // namespace entente::syncer
