// Relationships over entente.v1: with all that SPIRE's API has no words for.
#include <thread>

#include "tests/syncer/admin/entente_fixture.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string second_url = "https://b2.example/";
const char* const pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

using EntenteRelationshipsTest = EntenteTest;

TEST_F(EntenteRelationshipsTest, AreCreatedWithEverythingThatCanBeSaid) {
  start();
  const TestAuthority web("web.test", server->clock.now());
  v1::RelationshipDefinition definition = web_definition("b.test", peer_url);
  definition.add_endpoint_urls(second_url);
  definition.mutable_https_web()->set_roots_pem(web.certificate().pem());
  definition.mutable_https_web()->add_pins(pin);
  definition.set_policy("approve");
  definition.set_sequence("strict");
  definition.set_allow_private_redirects(true);

  const auto created = create(definition);

  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  const v1::Relationship shown = get("b.test");
  EXPECT_EQ(shown.endpoint_url(), peer_url);
  EXPECT_THAT(shown.endpoint_urls(), ElementsAre(peer_url, second_url));
  EXPECT_EQ(shown.endpoint_profile(), "https_web");
  EXPECT_EQ(shown.roots_pem(), web.certificate().pem());
  EXPECT_THAT(shown.pins(), ElementsAre(pin));
  EXPECT_EQ(shown.policy(), "approve");
  EXPECT_FALSE(shown.policy_is_default());
  EXPECT_EQ(shown.sequence_rule(), "strict");
  EXPECT_TRUE(shown.allow_private_redirects());
  EXPECT_EQ(shown.source(), "api");
  EXPECT_EQ(created.response.relationship().trust_domain(), "b.test");
}

TEST_F(EntenteRelationshipsTest, AreUpdatedInWhatIsSaidAndKeepTheRest) {
  start();
  v1::RelationshipDefinition definition = web_definition("b.test", peer_url);
  definition.mutable_https_web()->add_pins(pin);
  definition.set_policy("overlap");
  definition.set_sequence("strict");
  ASSERT_TRUE(create(definition).status.ok());

  v1::RelationshipDefinition change;
  change.set_trust_domain("b.test");
  change.set_policy("default");
  ASSERT_TRUE(update(change).status.ok());
  const v1::Relationship after_policy = get("b.test");
  EXPECT_TRUE(after_policy.policy_is_default());
  EXPECT_EQ(after_policy.policy(), "accept");
  EXPECT_EQ(after_policy.sequence_rule(), "strict");
  EXPECT_THAT(after_policy.pins(), ElementsAre(pin));

  change = spiffe_definition("b.test", second_url, "spiffe://b.test/entente");
  ASSERT_TRUE(update(change).status.ok());
  const v1::Relationship after_profile = get("b.test");
  EXPECT_THAT(after_profile.endpoint_urls(), ElementsAre(second_url));
  EXPECT_EQ(after_profile.endpoint_profile(), "https_spiffe");
  EXPECT_EQ(after_profile.endpoint_spiffe_id(), "spiffe://b.test/entente");
  EXPECT_THAT(after_profile.pins(), IsEmpty());
}

TEST_F(EntenteRelationshipsTest, KeepTheirBundleOverAChangeOfUrlAndProfile) {
  start();
  const TestAuthority b("b.test", server->clock.now());
  serve(peer_url, b.bundle(7));
  ASSERT_TRUE(create(web_definition("b.test", peer_url)).status.ok());
  ASSERT_EQ(refresh("b.test").state(), "current");

  ASSERT_TRUE(update(spiffe_definition("b.test", second_url, "spiffe://b.test/entente")).status.ok());

  ASSERT_NE(server->record("b.test"), nullptr);
  const v1::Relationship shown = get("b.test");
  EXPECT_EQ(shown.sequence(), 7U);
  EXPECT_EQ(shown.bundle_origin(), "fetched");
}

TEST_F(EntenteRelationshipsTest, TakeABundleToBeginWithAndAChangedOneAtOnce) {
  start();
  const TestAuthority first("b.test", server->clock.now()), second("b.test", server->clock.now());
  v1::RelationshipDefinition definition = spiffe_definition("b.test", peer_url, "spiffe://b.test/entente");
  definition.set_bundle(first.certificate().pem());
  ASSERT_TRUE(create(definition).status.ok());
  EXPECT_EQ(get("b.test").bundle_origin(), "bootstrap");
  EXPECT_EQ(server->record("b.test")->bundle->x509_authorities.front(), first.certificate());

  v1::RelationshipDefinition change;
  change.set_trust_domain("b.test");
  change.set_bundle(spiffe::write_bundle(second.bundle()));
  ASSERT_TRUE(update(change).status.ok());

  EXPECT_EQ(server->record("b.test")->bundle->x509_authorities.front(), second.certificate());
  for (const v1::HistoryEntry& entry : history("b.test")) {
    EXPECT_EQ(entry.action(), "bootstrap");
    EXPECT_EQ(entry.uid(), ::getuid()) << "who gave it";
  }
}

// FC-16
TEST_F(EntenteRelationshipsTest, AreDeletedWithTheirBundle) {
  start();
  serve(peer_url, TestAuthority("b.test", server->clock.now()).bundle(7));
  ASSERT_TRUE(create(web_definition("b.test", peer_url)).status.ok());
  ASSERT_EQ(refresh("b.test").state(), "current");

  v1::DeleteRelationshipRequest request;
  request.set_trust_domain("b.test");
  ASSERT_TRUE(call(&Stub::DeleteRelationship, request).status.ok());

  EXPECT_EQ(server->record("b.test"), nullptr);
  EXPECT_EQ(call(&Stub::DeleteRelationship, request).status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(actions("b.test").back(), "withdrawn") << "the record stays";
  EXPECT_EQ(history("b.test").back().uid(), ::getuid());
}

TEST_F(EntenteRelationshipsTest, OfTheConfigurationAreNotTheApisToChange) {
  AdminSetup setup;
  setup.of_config = {std::make_shared<const trust::Relationship>(
      trust::Relationship{domain("b.test"), {must(trust::EndpointUrl::parse(peer_url))}, trust::HttpsWeb{}})};
  start(std::move(setup));
  v1::DeleteRelationshipRequest gone;
  gone.set_trust_domain("b.test");

  EXPECT_EQ(get("b.test").source(), "config");
  for (const grpc::Status& refused :
       {create(web_definition("b.test", peer_url)).status, update(web_definition("b.test", peer_url)).status,
        call(&Stub::DeleteRelationship, gone).status}) {
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(refused.error_message(), HasSubstr("/etc/entente.yaml"));
  }
}

TEST_F(EntenteRelationshipsTest, ShowWhatIsHeldAndWhatItWouldChange) {
  start();
  const TestAuthority first("b.test", server->clock.now()), second("b.test", server->clock.now());
  v1::RelationshipDefinition definition = web_definition("b.test", peer_url);
  definition.set_policy("overlap");
  serve(peer_url, first.bundle(7));
  ASSERT_TRUE(create(definition).status.ok());
  ASSERT_EQ(refresh("b.test").state(), "current");

  serve(peer_url, second.bundle(8));
  const v1::Relationship shown = refresh("b.test");

  EXPECT_EQ(shown.state(), "held");
  EXPECT_EQ(shown.sequence(), 7U) << "what is in use stays";
  ASSERT_TRUE(shown.has_held());
  EXPECT_EQ(shown.held().digest(), spiffe::authorities_digest(second.bundle()));
  EXPECT_EQ(shown.held().sequence(), 8U);
  EXPECT_EQ(shown.held().origin(), "fetched");
  EXPECT_EQ(shown.held().source(), peer_url);
  EXPECT_EQ(shown.held().address(), FakeEndpoint::address);
  ASSERT_EQ(shown.held().changes_size(), 2);
  EXPECT_FALSE(shown.held().changes(0).added());
  EXPECT_EQ(shown.held().changes(0).id(), hex_encode(first.certificate().fingerprint()));
  EXPECT_TRUE(shown.held().changes(1).added());
  EXPECT_EQ(shown.held().changes(1).use(), "x509-svid");
  EXPECT_THAT(shown.held().changes(1).subject(), HasSubstr("authority of b.test"));
  EXPECT_TRUE(shown.held().changes(1).has_expires_at());
  EXPECT_FALSE(shown.held().why().empty());
  EXPECT_EQ(shown.served_by(), peer_url);
}

TEST_F(EntenteRelationshipsTest, AreListedSorted) {
  start();
  for (const char* name : {"c.test", "a.test", "b.test"})
    ASSERT_TRUE(create(web_definition(name, peer_url)).status.ok());

  const auto listed = call(&Stub::ListRelationships, {});

  std::vector<std::string> names;
  for (const v1::Relationship& each : listed.response.relationships()) names.push_back(each.trust_domain());
  EXPECT_THAT(names, ElementsAre("a.test", "b.test", "c.test"));
}

// A thousand names: eight clients, each with its share and some that all want. What holds is what the answers said.
TEST_F(EntenteRelationshipsTest, EndInTheStateThatTheAnswersSaidUnderConcurrentChanges) {
  start();
  constexpr int clients = 8, own_names = 123, shared_names = 20;
  std::array<std::map<std::string, int>, clients> balance;  // creates that went well less deletes that did
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client)
    threads.emplace_back([&, client] {
      const auto own_stub = v1::Admin::NewStub(server->channel());
      const auto name_of = [client](int i) {
        return i < shared_names ? "shared" + std::to_string(i) + ".test"
                                : "c" + std::to_string(client) + "-" + std::to_string(i) + ".test";
      };
      for (int i = 0; i < shared_names + own_names; ++i) {
        v1::CreateRelationshipRequest wanted;
        *wanted.mutable_definition() = web_definition(name_of(i), peer_url);
        if (ask(*own_stub, &Stub::CreateRelationship, wanted).status.ok()) ++balance[client][name_of(i)];
        v1::UpdateRelationshipRequest change;
        *change.mutable_definition() = web_definition(name_of(i), second_url);
        (void)ask(*own_stub, &Stub::UpdateRelationship, change);
        if (i % 3 != 0) continue;
        v1::DeleteRelationshipRequest gone;
        gone.set_trust_domain(name_of(i));
        if (ask(*own_stub, &Stub::DeleteRelationship, gone).status.ok()) --balance[client][name_of(i)];
      }
    });
  for (std::thread& thread : threads) thread.join();

  std::map<std::string, int> expected;
  for (const auto& of_client : balance)
    for (const auto& [name, count] : of_client) expected[name] += count;
  std::map<std::string, int> found;
  for (const auto& [name, count] : expected) found[name] = 0;
  const auto listed = call(&Stub::ListRelationships, {});
  for (const v1::Relationship& each : listed.response.relationships()) {
    ++found[each.trust_domain()];
    EXPECT_EQ(each.endpoint_url(), second_url);
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace entente::syncer
