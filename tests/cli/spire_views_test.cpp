#include "cli/spire_views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spire_api/bundle_messages.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::cli {
namespace {

namespace types = spire::api::types;
using ::testing::HasSubstr;

TEST(SpireBundle, IsRefusedWithAGarbledKey) {
  types::Bundle message;
  message.set_trust_domain("b.test");
  message.add_jwt_authorities()->set_public_key("no key");

  const auto bundle = to_bundle(message);

  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code(), Errc::schema);
  EXPECT_THAT(bundle.error().message(), HasSubstr("b.test"));
}

TEST(SpireRelationship, TellsWhatTheApiTellsAndNoMore) {
  types::FederationRelationship message;
  message.set_trust_domain("b.test");
  message.set_bundle_endpoint_url("https://b.example/");
  message.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/spire/server");
  *message.mutable_trust_domain_bundle() = spire_api::to_message(*test::make_bundle({.x509 = {"A"}, .sequence = 3}));

  const RelationshipView view = to_view(message);

  EXPECT_EQ(view.endpoint_profile, "https_spiffe");
  EXPECT_EQ(view.endpoint_spiffe_id, "spiffe://b.test/spire/server");
  EXPECT_EQ(view.sequence, 3U);
  EXPECT_EQ(view.x509_authorities, 1U);
  EXPECT_FALSE(view.state || view.last_success || view.policy || view.warnings || view.source);
}

TEST(SpireRelationship, RefusesByItsFlagWhatOnlyEntenteCanSay) {
  const auto refused = [](auto change) {
    RelationshipRequest request;
    request.trust_domain = "b.test";
    request.endpoint_urls = {"https://b.example/"};
    request.profile = WebProfile{};
    change(request);
    const auto message = to_spire(request);
    if (message) return std::string();
    EXPECT_EQ(message.error().code(), Errc::unsupported);
    return message.error().message();
  };
  using R = RelationshipRequest;
  EXPECT_EQ(refused([](R&) {}), "");
  EXPECT_THAT(refused([](R& r) { r.endpoint_urls.push_back("https://c/"); }), HasSubstr("--url"));
  EXPECT_THAT(refused([](R& r) { r.profile = WebProfile{"pem", {}}; }), HasSubstr("--roots"));
  EXPECT_THAT(refused([](R& r) { r.profile = WebProfile{"", {"sha256/x"}}; }), HasSubstr("--pin"));
  EXPECT_THAT(refused([](R& r) { r.policy = "approve"; }), HasSubstr("--policy"));
  EXPECT_THAT(refused([](R& r) { r.sequence = "strict"; }), HasSubstr("--sequence"));
  EXPECT_THAT(refused([](R& r) { r.allow_private_redirects = true; }), HasSubstr("--allow-private-redirects"));
}

TEST(SpireRelationship, UpdateMasksWhatWasNotAsked) {
  RelationshipRequest request;
  request.endpoint_urls = {"https://b.example/"};

  const auto mask = mask_of(request);

  EXPECT_TRUE(mask.bundle_endpoint_url());
  EXPECT_FALSE(mask.bundle_endpoint_profile() || mask.trust_domain_bundle());
}

TEST(SpireEntry, KeepsWhatWasAskedThereAndBack) {
  EntryRequest request;
  request.spiffe_id = "spiffe://a.test/web/one";
  request.parent_id = "spiffe://a.test/agent";
  request.selectors = {"unix:uid:1000", "k8s:pod-label:a:b"};
  request.x509_svid_ttl = std::chrono::minutes(30);
  request.federates_with = {"b.test"};
  request.hint = "internal";

  const EntryView view = to_view(to_spire(request));

  EXPECT_EQ(view.spiffe_id, *request.spiffe_id);
  EXPECT_EQ(view.parent_id, *request.parent_id);
  EXPECT_EQ(view.selectors, *request.selectors);
  EXPECT_EQ(view.x509_svid_ttl, *request.x509_svid_ttl);
  EXPECT_FALSE(view.jwt_svid_ttl || view.expires_at || view.created_at);
  EXPECT_EQ(view.federates_with, *request.federates_with);
  EXPECT_EQ(view.hint, "internal");
}

TEST(SpireEntry, UpdateMasksWhatWasNotAsked) {
  EntryRequest request;
  request.hint = "";

  const auto mask = mask_of(request);

  EXPECT_TRUE(mask.hint());
  EXPECT_FALSE(mask.spiffe_id() || mask.parent_id() || mask.selectors() || mask.federates_with() || mask.dns_names() ||
               mask.x509_svid_ttl() || mask.jwt_svid_ttl());
}

}  // namespace
}  // namespace entente::cli
