#include "cli/entente_views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/trust/bundles.hpp"

namespace entente::cli {
namespace {

namespace v1 = entente::v1;

TEST(RelationshipMessage, CarriesWhatWasAskedAndNothingElse) {
  RelationshipRequest request;
  request.trust_domain = "b.test";
  request.profile = WebProfile{"roots", {"sha256/x"}};
  request.policy = "approve";

  const v1::RelationshipDefinition message = to_message(request);

  EXPECT_EQ(message.trust_domain(), "b.test");
  EXPECT_EQ(message.endpoint_urls_size(), 0);
  EXPECT_EQ(message.https_web().roots_pem(), "roots");
  EXPECT_EQ(message.https_web().pins(0), "sha256/x");
  EXPECT_EQ(message.policy(), "approve");
  EXPECT_FALSE(message.has_sequence() || message.has_allow_private_redirects() || message.has_bundle());
}

TEST(RelationshipMessage, CarriesTheBundleAsTheFileHasIt) {
  RelationshipRequest request;
  request.bundle = test::make_bundle({});
  request.bundle_text = "as it is";
  request.profile = SpiffeProfile{"spiffe://b.test/e"};

  const v1::RelationshipDefinition message = to_message(request);

  EXPECT_EQ(message.bundle(), "as it is");
  EXPECT_EQ(message.https_spiffe().endpoint_spiffe_id(), "spiffe://b.test/e");
}

TEST(RelationshipViewOfEntente, TellsEverything) {
  v1::Relationship message;
  message.set_trust_domain("b.test");
  message.add_endpoint_urls("https://one/");
  message.add_endpoint_urls("https://two/");
  message.set_state("held");
  message.set_policy("approve");
  message.mutable_last_success()->set_seconds(5);
  message.set_served_by("https://two/");
  message.mutable_held()->set_digest("d1");
  message.mutable_held()->set_origin("imported");
  message.mutable_held()->add_changes()->set_added(true);

  const RelationshipView view = to_view(message);

  EXPECT_EQ(view.endpoint_urls.size(), 2U);
  EXPECT_EQ(view.last_success, from_unix_seconds(5));
  EXPECT_FALSE(view.last_attempt || view.sequence || view.last_error);
  EXPECT_EQ(view.served_by, "https://two/");
  EXPECT_EQ(view.held->digest, "d1");
  EXPECT_EQ(view.held->origin, "imported");
  EXPECT_TRUE(view.held->changes.front().added);
  EXPECT_TRUE(view.awaits_approval());
}

TEST(BundleViewOfEntente, RefusesWhatIsNoBundle) {
  v1::GetBundleResponse message;
  message.set_trust_domain("b.test");
  message.set_document("{}");

  EXPECT_EQ(to_view(message).error().code(), Errc::schema);
}

}  // namespace
}  // namespace entente::cli
