// The commands' client against a server that has SPIRE's admin APIs alone.
#include "cli/admin_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spire_api/bundle_messages.hpp"
#include "tests/cli/spire_server.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AdminClientOfSpire : public ::testing::Test {
 protected:
  AdminClientOfSpire()
      : server_(spire_api::to_message(*test::make_bundle({.x509 = {"own"}, .sequence = 3, .trust_domain = "a.test"}))),
        client_(connect()) {}

  Result<AdminClient> connect() {
    GlobalOptions options;
    options.admin_socket = server_.socket();
    return AdminClient::connect(options);
  }

  static RelationshipRequest web(const std::string& trust_domain) {
    RelationshipRequest request;
    request.trust_domain = trust_domain;
    request.endpoint_urls = {"https://" + trust_domain + "/"};
    request.profile = WebProfile{};
    return request;
  }

  test::SpireServer server_;
  Result<AdminClient> client_;
};

std::vector<std::string> names(const std::vector<RelationshipView>& views) {
  std::vector<std::string> result;
  for (const RelationshipView& view : views) result.push_back(view.trust_domain);
  return result;
}

TEST_F(AdminClientOfSpire, CreatesListsUpdatesAndDeletesRelationships) {
  ASSERT_TRUE(client_->create(web("c.test")));
  ASSERT_TRUE(client_->create(web("b.test")));

  const auto listed = client_->relationships();

  ASSERT_TRUE(listed);
  EXPECT_THAT(names(*listed), ElementsAre("b.test", "c.test"));
  RelationshipRequest update;
  update.trust_domain = "b.test";
  update.profile = SpiffeProfile{"spiffe://b.test/spire/server"};
  const auto updated = client_->update(update);
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->endpoint_spiffe_id, "spiffe://b.test/spire/server");
  EXPECT_THAT(updated->endpoint_urls, ElementsAre("https://b.test/"));  // not asked for, so it stays
  ASSERT_TRUE(client_->erase("b.test"));
  EXPECT_EQ(client_->relationship("b.test").error().code(), Errc::not_found);
  EXPECT_TRUE(client_->relationship("c.test"));
}

TEST_F(AdminClientOfSpire, PassesOnWhatTheServerSaysOfOneItem) {
  ASSERT_TRUE(client_->create(web("b.test")));

  const auto again = client_->create(web("b.test"));

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::already_exists);
  EXPECT_THAT(again.error().message(), HasSubstr("it exists already"));
  EXPECT_EQ(client_->erase("x.test").error().code(), Errc::not_found);
}

TEST_F(AdminClientOfSpire, RefreshesTheNamedOnesOrAll) {
  ASSERT_TRUE(client_->create(web("b.test")));
  ASSERT_TRUE(client_->create(web("c.test")));

  const auto one = client_->refresh({"c.test"});
  const auto all = client_->refresh({});

  ASSERT_TRUE(one && all);
  EXPECT_THAT(names(*one), ElementsAre("c.test"));
  EXPECT_THAT(server_.trust_domains().refreshed, ElementsAre("c.test", "b.test", "c.test"));
}

TEST_F(AdminClientOfSpire, SetsListsCountsAndDeletesBundles) {
  const auto given = test::make_bundle({.x509 = {"A"}, .jwt = {"k1"}, .sequence = 7});
  ASSERT_TRUE(client_->spire().set_bundle(*given));
  ASSERT_TRUE(client_->spire().set_bundle(*test::make_bundle({.x509 = {"C"}, .trust_domain = "c.test"})));

  const auto listed = client_->bundles();
  const auto shown = client_->bundle("b.test");

  ASSERT_TRUE(listed && shown);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ(listed->front().bundle.trust_domain.name(), "a.test");  // the server's own
  EXPECT_TRUE(spiffe::same_authorities(shown->bundle, *given));
  EXPECT_THAT(shown->document, HasSubstr("\"spiffe_sequence\":7"));
  EXPECT_EQ(*client_->spire().count_bundles(), 3U);
  EXPECT_THAT(client_->spire().delete_bundle("b.test", DeleteMode::restrict).error().message(),
              HasSubstr("entries use it"));
  ASSERT_TRUE(client_->spire().delete_bundle("b.test", DeleteMode::dissociate));
  EXPECT_EQ(client_->bundle("b.test").error().code(), Errc::not_found);
}

TEST_F(AdminClientOfSpire, SaysOfWhatOnlyAnEntenteCanDoThatItIsUnsupported) {
  EXPECT_EQ(client_->entente().rotate(true, true, false).error().code(), Errc::unsupported);
  EXPECT_EQ(client_->entente().approve("b.test", "d").error().code(), Errc::unsupported);
  EXPECT_EQ(client_->latest_diff("b.test").error().code(), Errc::unsupported);
  EXPECT_EQ(client_->spire().entries().error().code(), Errc::unsupported);  // this server has no entry API either
}

TEST(AdminClientOfNobody, NamesTheSocketAndWhatToLookFor) {
  const test::TempFolder folder;
  GlobalOptions options;
  options.admin_socket = (folder / "absent.sock").string();
  options.timeout = std::chrono::seconds(5);
  const auto client = AdminClient::connect(options);
  ASSERT_TRUE(client);

  const auto listed = client->relationships();

  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code(), Errc::unavailable);
  EXPECT_THAT(listed.error().message(), HasSubstr("absent.sock"));
  EXPECT_THAT(listed.error().message(), HasSubstr("is an Entente running there"));
}

}  // namespace
}  // namespace entente::cli
