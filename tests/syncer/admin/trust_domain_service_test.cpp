#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spiffe/bundle_json.hpp"
#include "spire/api/server/trustdomain/v1/trustdomain.grpc.pb.h"
#include "syncer/admin/bundle_messages.hpp"
#include "tests/support/eventually.hpp"
#include "tests/syncer/admin/admin_server.hpp"

namespace entente::test {
namespace {

namespace v1 = spire::api::server::trustdomain::v1;
namespace types = spire::api::types;
using testing::HasSubstr;
using Stub = v1::TrustDomain::Stub;

types::FederationRelationship web(const std::string& name, const std::string& url = "https://peer.example/") {
  types::FederationRelationship message;
  message.set_trust_domain(name);
  message.set_bundle_endpoint_url(url);
  message.mutable_https_web();
  return message;
}

class TrustDomainServiceTest : public testing::Test {
 protected:
  explicit TrustDomainServiceTest(AdminSetup setup = {}) : server(std::move(setup)) {}

  auto create(const std::vector<types::FederationRelationship>& wanted) {
    v1::BatchCreateFederationRelationshipRequest request;
    for (const auto& one : wanted) *request.add_federation_relationships() = one;
    return ask(*stub, &Stub::BatchCreateFederationRelationship, request).response;
  }
  auto update(const types::FederationRelationship& wanted, const types::FederationRelationshipMask* mask = nullptr) {
    v1::BatchUpdateFederationRelationshipRequest request;
    *request.add_federation_relationships() = wanted;
    if (mask) *request.mutable_input_mask() = *mask;
    return ask(*stub, &Stub::BatchUpdateFederationRelationship, request).response.results(0);
  }
  auto erase(const std::string& name) {
    v1::BatchDeleteFederationRelationshipRequest request;
    request.add_trust_domains(name);
    return ask(*stub, &Stub::BatchDeleteFederationRelationship, request).response.results(0);
  }
  Answered<types::FederationRelationship> get(const std::string& name) {
    v1::GetFederationRelationshipRequest request;
    request.set_trust_domain(name);
    return ask(*stub, &Stub::GetFederationRelationship, request);
  }

  AdminServer server;
  std::unique_ptr<Stub> stub = v1::TrustDomain::NewStub(server.channel());
  TestAuthority b{"b.test", server.clock.now()};
};

TEST_F(TrustDomainServiceTest, CreatesTellsUpdatesAndDeletes) {
  const auto created = create({web("b.test")});
  ASSERT_EQ(created.results_size(), 1);
  EXPECT_EQ(created.results(0).status().code(), grpc::StatusCode::OK) << created.results(0).status().message();
  EXPECT_EQ(created.results(0).federation_relationship().bundle_endpoint_url(), "https://peer.example/");

  types::FederationRelationship wanted = web("b.test", "https://other.example/");
  wanted.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");
  EXPECT_EQ(update(wanted).status().code(), grpc::StatusCode::OK);
  const auto told = get("spiffe://b.test");
  EXPECT_EQ(told.response.trust_domain(), "b.test");
  EXPECT_EQ(told.response.bundle_endpoint_url(), "https://other.example/");
  EXPECT_EQ(told.response.https_spiffe().endpoint_spiffe_id(), "spiffe://b.test/endpoint");

  EXPECT_EQ(erase("b.test").status().code(), grpc::StatusCode::OK);
  EXPECT_EQ(get("b.test").status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_FALSE(server.relationship("b.test"));
}

TEST_F(TrustDomainServiceTest, AnswersEachItemOfABatchByItself) {
  create({web("there.test")});

  const auto answer = create({web("b.test"), web("UPPER.test"), web("there.test"), web("own.test"), web("c.test")});

  ASSERT_EQ(answer.results_size(), 5);
  EXPECT_EQ(answer.results(0).status().code(), grpc::StatusCode::OK);
  EXPECT_EQ(answer.results(1).status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.results(2).status().code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(answer.results(3).status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.results(3).status().message(), HasSubstr("trust_domain"));
  EXPECT_EQ(answer.results(4).status().code(), grpc::StatusCode::OK);
  EXPECT_FALSE(answer.results(1).has_federation_relationship());
}

TEST_F(TrustDomainServiceTest, PutsABundleThatComesAlongInUse) {
  types::FederationRelationship wanted = web("b.test");
  wanted.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");
  *wanted.mutable_trust_domain_bundle() = syncer::to_message(b.bundle(3), nullptr);

  const auto created = create({wanted}).results(0);

  EXPECT_EQ(created.status().code(), grpc::StatusCode::OK) << created.status().message();
  ASSERT_EQ(created.federation_relationship().trust_domain_bundle().x509_authorities_size(), 1);
  ASSERT_TRUE(server.record("b.test"));
  EXPECT_EQ(server.record("b.test")->origin, trust::Origin::given);
  EXPECT_EQ(server.record("b.test")->bundle->sequence, 3U);
}

TEST_F(TrustDomainServiceTest, AcceptsAnHttpsSpiffeRelationshipWhoseBundleComesLater) {
  types::FederationRelationship wanted = web("b.test");
  wanted.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");

  EXPECT_EQ(create({wanted}).results(0).status().code(), grpc::StatusCode::OK);

  EXPECT_TRUE(eventually([&] {
    const auto status = server.on_control([&] { return server.syncer->status(domain("b.test")); });
    return status && status->state == trust::RelationshipState::pending && status->attempts.last_error &&
           status->attempts.last_error->code() == Errc::no_bootstrap_bundle;
  }));
}

TEST_F(TrustDomainServiceTest, PollsAtOnceWhenTheBundleThatWasMissingComes) {  // FC-8
  types::FederationRelationship wanted = web("b.test");
  wanted.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");
  server.on_control([&] { server.network.at("https://peer.example/").serve(spiffe::write_bundle(b.bundle(5))); });
  create({wanted});

  *wanted.mutable_trust_domain_bundle() = syncer::to_message(b.bundle(3), nullptr);
  EXPECT_EQ(update(wanted).status().code(), grpc::StatusCode::OK);

  // The clock stands still: the schedule brings nothing.
  EXPECT_TRUE(eventually([&] { return server.record("b.test")->origin == trust::Origin::fetched; }));
  EXPECT_EQ(server.record("b.test")->bundle->sequence, 5U);
}

TEST_F(TrustDomainServiceTest, WithdrawsTheBundleWithTheRelationship) {  // FC-16
  types::FederationRelationship wanted = web("b.test");
  *wanted.mutable_trust_domain_bundle() = syncer::to_message(b.bundle(3), nullptr);
  create({wanted});
  ASSERT_TRUE(server.record("b.test"));

  erase("b.test");

  EXPECT_FALSE(server.record("b.test"));
}

TEST_F(TrustDomainServiceTest, UpdatesOnlyWhatTheInputMaskNames) {
  types::FederationRelationship wanted = web("b.test");
  *wanted.mutable_trust_domain_bundle() = syncer::to_message(b.bundle(3), nullptr);
  create({wanted});
  types::FederationRelationshipMask mask;
  mask.set_bundle_endpoint_url(true);
  types::FederationRelationship change = web("b.test", "https://other.example/");
  change.mutable_https_spiffe()->set_endpoint_spiffe_id("spiffe://b.test/endpoint");
  *change.mutable_trust_domain_bundle() =
      syncer::to_message(TestAuthority("b.test", server.clock.now()).bundle(4), nullptr);

  const auto updated = update(change, &mask);

  EXPECT_EQ(updated.status().code(), grpc::StatusCode::OK);
  const auto told = get("b.test").response;
  EXPECT_EQ(told.bundle_endpoint_url(), "https://other.example/");
  EXPECT_TRUE(told.has_https_web());
  EXPECT_EQ(told.trust_domain_bundle().sequence_number(), 3U);
}

TEST_F(TrustDomainServiceTest, TellsOnlyWhatTheOutputMaskNames) {
  create({web("b.test")});
  v1::GetFederationRelationshipRequest request;
  request.set_trust_domain("b.test");
  request.mutable_output_mask()->set_bundle_endpoint_profile(true);

  const auto told = ask(*stub, &Stub::GetFederationRelationship, request).response;

  EXPECT_EQ(told.trust_domain(), "b.test");
  EXPECT_EQ(told.bundle_endpoint_url(), "");
  EXPECT_TRUE(told.has_https_web());
}

TEST_F(TrustDomainServiceTest, PagesStayWholeWhileRelationshipsComeAndGo) {
  std::vector<types::FederationRelationship> wanted;
  for (int i = 0; i < 250; ++i) wanted.push_back(web("td-" + std::to_string(1000 + i) + ".test"));
  create(wanted);

  std::vector<std::string> told;
  v1::ListFederationRelationshipsRequest request;
  request.set_page_size(60);
  int pages = 0;
  do {
    const auto page = ask(*stub, &Stub::ListFederationRelationships, request).response;
    ASSERT_LE(page.federation_relationships_size(), 60);
    for (const auto& one : page.federation_relationships()) told.push_back(one.trust_domain());
    request.set_page_token(page.next_page_token());
    // The one that the page ended with goes, and one before and one behind it come.
    if (pages++ == 0) {
      erase(told.back());
      create({web("aaa.test"), web("zzz.test")});
    }
  } while (!request.page_token().empty());

  EXPECT_EQ(pages, 5);
  EXPECT_EQ(told.size(), 251U);  // 250, and the one that came behind
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), told.size());
}

TEST_F(TrustDomainServiceTest, RefreshesOnRequestAndSaysWhatFailed) {
  server.on_control([&] { server.network.at("https://peer.example/").fail(Errc::connect, "connection refused"); });
  create({web("b.test")});
  v1::RefreshBundleRequest request;
  request.set_trust_domain("b.test");

  const grpc::Status failed = ask(*stub, &Stub::RefreshBundle, request).status;
  server.on_control(
      [&] { server.network.at("https://peer.example/").serve(spiffe::write_bundle(b.bundle(5)), "\"5\""); });
  const grpc::Status refreshed = ask(*stub, &Stub::RefreshBundle, request).status;
  request.set_trust_domain("unknown.test");
  const grpc::Status unknown = ask(*stub, &Stub::RefreshBundle, request).status;

  EXPECT_EQ(failed.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(failed.error_message(), HasSubstr("connection refused"));
  EXPECT_TRUE(refreshed.ok()) << refreshed.error_message();
  EXPECT_EQ(server.record("b.test")->bundle->sequence, 5U);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
}

class ConfiguredTest : public TrustDomainServiceTest {
 protected:
  static AdminSetup setup() {
    AdminSetup setup;
    setup.of_config.push_back(std::make_shared<trust::Relationship>(trust::Relationship{
        domain("kept.test"), {must(trust::EndpointUrl::parse("https://kept.example/"))}, trust::HttpsWeb{}, nullptr}));
    return setup;
  }
  ConfiguredTest() : TrustDomainServiceTest(setup()) {}
};

TEST_F(ConfiguredTest, SaysWhereARelationshipOfTheFileIsChanged) {
  const types::Status answers[] = {create({web("kept.test")}).results(0).status(), update(web("kept.test")).status(),
                                   erase("kept.test").status()};

  for (const types::Status& answer : answers) {
    EXPECT_EQ(answer.code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(answer.message(), HasSubstr("/etc/entente.yaml"));
  }
  EXPECT_EQ(get("kept.test").response.bundle_endpoint_url(), "https://kept.example/");
}

TEST_F(TrustDomainServiceTest, KnowsWhoGaveABundle) {
  types::FederationRelationship wanted = web("b.test");
  *wanted.mutable_trust_domain_bundle() = syncer::to_message(b.bundle(3), nullptr);
  create({wanted});

  const auto history = server.run(server.ledger->history(domain("b.test"), {}));

  ASSERT_TRUE(history);
  ASSERT_FALSE(history->empty());
  const auto& by = history->back()->by;
  ASSERT_TRUE(by);
  EXPECT_EQ(by->uid, ::getuid());
  EXPECT_THAT(by->command, HasSubstr("syncer_admin_test"));
}

}  // namespace
}  // namespace entente::test
