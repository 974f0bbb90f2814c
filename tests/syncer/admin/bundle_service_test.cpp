#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/base/encoding.hpp"
#include "spire/api/server/bundle/v1/bundle.grpc.pb.h"
#include "syncer/admin/bundle_messages.hpp"
#include "tests/syncer/admin/admin_server.hpp"

namespace entente::test {
namespace {

namespace v1 = spire::api::server::bundle::v1;
namespace types = spire::api::types;
using testing::HasSubstr;
using Stub = v1::Bundle::Stub;
using Request = v1::BatchDeleteFederatedBundleRequest;

const trust::Actor somebody{1, "test"};

class BundleServiceTest : public testing::Test {
 protected:
  explicit BundleServiceTest(AdminSetup setup = {}) : server(std::move(setup)) {}

  auto set(const spiffe::Bundle& bundle) {
    v1::BatchSetFederatedBundleRequest request;
    *request.add_bundle() = syncer::to_message(bundle, nullptr);
    return ask(*stub, &Stub::BatchSetFederatedBundle, request).response.results(0);
  }
  auto create(const spiffe::Bundle& bundle) {
    v1::BatchCreateFederatedBundleRequest request;
    *request.add_bundle() = syncer::to_message(bundle, nullptr);
    return ask(*stub, &Stub::BatchCreateFederatedBundle, request).response.results(0);
  }
  types::Status erase(const std::string& name, Request::Mode mode) {
    Request request;
    request.add_trust_domains(name);
    request.set_mode(mode);
    const auto answer = ask(*stub, &Stub::BatchDeleteFederatedBundle, request);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_EQ(answer.response.results(0).trust_domain(), name);
    return answer.response.results(0).status();
  }
  std::string entry_federating_with(std::vector<std::string> names) {
    std::vector<spiffe::TrustDomain> domains;
    for (const std::string& name : names) domains.push_back(domain(name));
    trust::RegistrationEntry entry{"",
                                   must(spiffe::SpiffeId::parse("spiffe://own.test/web")),
                                   {{"unix", "uid:1000"}},
                                   {},
                                   {},
                                   {},
                                   std::move(domains),
                                   ""};
    return must(server.run(server.entries->create(std::move(entry), somebody))).id;
  }
  types::JWTKey jwt_key(const std::string& key_id) const {
    types::JWTKey key;
    key.set_key_id(key_id);
    const Bytes der = must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)).public_key().spki_der();
    key.set_public_key(std::string(as_text(der)));
    return key;
  }
  types::Bundle own() { return ask(*stub, &Stub::GetBundle, v1::GetBundleRequest()).response; }

  AdminServer server;
  std::unique_ptr<Stub> stub = v1::Bundle::NewStub(server.channel());
  TestAuthority b{"b.test", server.clock.now()}, c{"c.test", server.clock.now()};
};

TEST_F(BundleServiceTest, TellsCountsAndListsBundles) {
  set(b.bundle(1));
  set(c.bundle(2));

  EXPECT_EQ(ask(*stub, &Stub::CountBundles, v1::CountBundlesRequest()).response.count(), 3);  // our own too
  EXPECT_EQ(own().trust_domain(), "own.test");
  const auto listed = ask(*stub, &Stub::ListFederatedBundles, v1::ListFederatedBundlesRequest()).response;
  ASSERT_EQ(listed.bundles_size(), 2);
  EXPECT_EQ(listed.bundles(0).trust_domain(), "b.test");
  EXPECT_EQ(listed.bundles(1).sequence_number(), 2U);
  v1::GetFederatedBundleRequest request;
  request.set_trust_domain("c.test");
  EXPECT_EQ(ask(*stub, &Stub::GetFederatedBundle, request).response.x509_authorities_size(), 1);
  request.set_trust_domain("d.test");
  EXPECT_EQ(ask(*stub, &Stub::GetFederatedBundle, request).status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(BundleServiceTest, CreatesOnceAndSetsAlways) {
  EXPECT_EQ(create(b.bundle(5)).status().code(), grpc::StatusCode::OK);
  EXPECT_EQ(create(b.bundle(6)).status().code(), grpc::StatusCode::ALREADY_EXISTS);
  const auto lower = set(TestAuthority("b.test", server.clock.now()).bundle(2));

  EXPECT_EQ(lower.status().code(), grpc::StatusCode::OK);
  EXPECT_EQ(lower.bundle().sequence_number(), 2U);  // the operator's word
  EXPECT_EQ(server.record("b.test")->bundle->sequence, 2U);
}

TEST_F(BundleServiceTest, UpdatesWhatTheMaskNames) {
  set(b.bundle(5, std::chrono::seconds(60)));
  v1::BatchUpdateFederatedBundleRequest request;
  request.mutable_input_mask()->set_sequence_number(true);
  types::Bundle& bundle = *request.add_bundle();
  bundle.set_trust_domain("b.test");
  bundle.set_sequence_number(9);
  request.add_bundle()->set_trust_domain("unknown.test");

  const auto answer = ask(*stub, &Stub::BatchUpdateFederatedBundle, request).response;

  EXPECT_EQ(answer.results(0).status().code(), grpc::StatusCode::OK) << answer.results(0).status().message();
  EXPECT_EQ(answer.results(1).status().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(server.record("b.test")->bundle->sequence, 9U);
  EXPECT_EQ(server.record("b.test")->bundle->x509_authorities.size(), 1U);
}

TEST_F(BundleServiceTest, RefusesOurOwnTrustDomainAsAFederatedOne) {
  const TestAuthority own("own.test", server.clock.now());

  EXPECT_EQ(set(own.bundle()).status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(create(own.bundle()).status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(erase("own.test", Request::RESTRICT).code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(BundleServiceTest, DeletesARestrictedBundleOnlyWhereNoEntryFederatesWithIt) {
  set(b.bundle());
  const std::string id = entry_federating_with({"b.test"});

  const types::Status refused = erase("b.test", Request::RESTRICT);
  EXPECT_EQ(refused.code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.message(), HasSubstr("federated with 1 registration entries"));
  EXPECT_TRUE(server.record("b.test"));

  server.run(server.entries->erase(id, somebody)).value();
  EXPECT_EQ(erase("b.test", Request::RESTRICT).code(), grpc::StatusCode::OK);
  EXPECT_FALSE(server.record("b.test"));
  EXPECT_EQ(erase("b.test", Request::RESTRICT).code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(BundleServiceTest, DeletesTheEntriesToo) {
  set(b.bundle());
  const std::string id = entry_federating_with({"b.test", "c.test"});

  EXPECT_EQ(erase("b.test", Request::DELETE).code(), grpc::StatusCode::OK);

  EXPECT_FALSE(server.entry(id));
  EXPECT_FALSE(server.record("b.test"));
}

TEST_F(BundleServiceTest, DissociatesTheEntriesAndWidensNone) {
  set(b.bundle());
  const std::string id = entry_federating_with({"b.test"});

  EXPECT_EQ(erase("b.test", Request::DISSOCIATE).code(), grpc::StatusCode::OK);

  ASSERT_TRUE(server.entry(id));
  ASSERT_TRUE(server.entry(id)->federates_with);  // with nobody, not with everybody
  EXPECT_TRUE(server.entry(id)->federates_with->empty());
}

class EntryOfConfigTest : public BundleServiceTest {
 protected:
  static AdminSetup setup() {
    AdminSetup setup;
    setup.entries_of_config.push_back({"config-0",
                                       must(spiffe::SpiffeId::parse("spiffe://own.test/web")),
                                       {{"unix", "uid:1000"}},
                                       {},
                                       {},
                                       {},
                                       {{domain("b.test")}},
                                       ""});
    return setup;
  }
  EntryOfConfigTest() : BundleServiceTest(setup()) {}
};

TEST_F(EntryOfConfigTest, StandsInTheWayOfADeleteUntilTheFileChanges) {
  set(b.bundle());

  const types::Status refused = erase("b.test", Request::DISSOCIATE);

  EXPECT_EQ(refused.code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.message(), HasSubstr("config-0"));
  EXPECT_TRUE(server.record("b.test"));
}

TEST_F(BundleServiceTest, PublishesAppendedAuthoritiesBesideTheIssuersOwn) {
  const types::Bundle before = own();
  const TestAuthority nested("own.test", server.clock.now());
  v1::AppendBundleRequest request;
  request.add_x509_authorities()->set_asn1(std::string(as_text(nested.certificate().der())));
  *request.add_jwt_authorities() = jwt_key("nested");

  const auto appended = ask(*stub, &Stub::AppendBundle, request);
  const auto again = ask(*stub, &Stub::AppendBundle, request);

  ASSERT_TRUE(appended.status.ok()) << appended.status.error_message();
  EXPECT_EQ(appended.response.x509_authorities_size(), before.x509_authorities_size() + 1);
  EXPECT_EQ(appended.response.jwt_authorities_size(), before.jwt_authorities_size() + 1);
  EXPECT_GT(appended.response.sequence_number(), before.sequence_number());
  EXPECT_EQ(again.response.sequence_number(), appended.response.sequence_number());  // nothing new
  struct stat facts {};
  ASSERT_EQ(::stat((server.folder / "issuer/appended.json").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(BundleServiceTest, PutsOnRecordWhoAppended) {
  v1::PublishJWTAuthorityRequest request;
  *request.mutable_jwt_authority() = jwt_key("nested");
  ASSERT_TRUE(ask(*stub, &Stub::PublishJWTAuthority, request).status.ok());

  const auto history = must(server.run(server.ledger->history(domain("own.test"), {})));

  ASSERT_FALSE(history.empty());
  ASSERT_TRUE(history.back()->by);
  EXPECT_THAT(history.back()->by->command, HasSubstr("syncer_admin_test"));
  ASSERT_EQ(history.back()->changes.size(), 1U);
  EXPECT_EQ(history.back()->changes[0].id, "nested");
}

TEST_F(BundleServiceTest, KeepsAppendedAuthoritiesOverARestartAndARotation) {
  v1::PublishJWTAuthorityRequest request;
  *request.mutable_jwt_authority() = jwt_key("nested");
  const auto published = ask(*stub, &Stub::PublishJWTAuthority, request);
  ASSERT_TRUE(published.status.ok()) << published.status.error_message();

  syncer::IssuerSource restarted(server.io.get_executor(), *server.issuer, *server.own, server.blocking, server.clock,
                                 server.log, [] {});
  server.run(restarted.start()).value();
  must(server.run(restarted.rotate(true, true, false)));

  const spiffe::Bundle& bundle = *server.record("own.test")->bundle;
  EXPECT_TRUE(spiffe::find_jwt_authority(bundle, "nested"));
  EXPECT_EQ(published.response.jwt_authorities_size(), 2);
}

TEST_F(BundleServiceTest, TakesAnAppendedKeyOutWhenItEnds) {
  v1::PublishJWTAuthorityRequest request;
  *request.mutable_jwt_authority() = jwt_key("nested");
  request.mutable_jwt_authority()->set_expires_at(unix_seconds(server.clock.now()) + 60);
  ASSERT_TRUE(ask(*stub, &Stub::PublishJWTAuthority, request).status.ok());

  server.on_control([&] { server.clock.jump(std::chrono::seconds(61)); });
  server.run(server.issuer_source->reconfigure(std::chrono::seconds(300), {}, {})).value();  // the next round

  EXPECT_FALSE(spiffe::find_jwt_authority(*server.record("own.test")->bundle, "nested"));
}

TEST_F(BundleServiceTest, RefusesAKeyIdThatAnotherKeyHas) {
  v1::PublishJWTAuthorityRequest request;
  *request.mutable_jwt_authority() = jwt_key("nested");
  ASSERT_TRUE(ask(*stub, &Stub::PublishJWTAuthority, request).status.ok());
  *request.mutable_jwt_authority() = jwt_key("nested");

  const grpc::Status refused = ask(*stub, &Stub::PublishJWTAuthority, request).status;

  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(refused.error_message(), HasSubstr("key_id"));
}

class NoIssuerTest : public BundleServiceTest {
 protected:
  static AdminSetup setup() {
    AdminSetup setup;
    setup.issuer = false;
    return setup;
  }
  NoIssuerTest() : BundleServiceTest(setup()) {}
};

TEST_F(NoIssuerTest, AppendsNothingAndSaysWhy) {
  v1::AppendBundleRequest append;
  *append.add_jwt_authorities() = jwt_key("nested");
  v1::PublishJWTAuthorityRequest publish;
  *publish.mutable_jwt_authority() = jwt_key("nested");

  for (const grpc::Status& answer :
       {ask(*stub, &Stub::AppendBundle, append).status, ask(*stub, &Stub::PublishJWTAuthority, publish).status}) {
    EXPECT_EQ(answer.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_THAT(answer.error_message(), HasSubstr("another source"));
  }
}

TEST_F(NoIssuerTest, DeletesBundlesAllTheSame) {
  set(b.bundle());
  EXPECT_EQ(erase("b.test", Request::RESTRICT).code(), grpc::StatusCode::OK);
}

TEST_F(BundleServiceTest, PagesThroughBundlesThatComeAndGo) {
  v1::BatchSetFederatedBundleRequest many;
  for (int i = 0; i < 250; ++i) {
    types::Bundle message = syncer::to_message(b.bundle(), nullptr);
    message.set_trust_domain("td-" + std::to_string(1000 + i) + ".test");
    *many.add_bundle() = message;
  }
  ask(*stub, &Stub::BatchSetFederatedBundle, many);

  std::vector<std::string> told;
  v1::ListFederatedBundlesRequest request;
  request.set_page_size(100);
  do {
    const auto page = ask(*stub, &Stub::ListFederatedBundles, request).response;
    for (const auto& one : page.bundles()) told.push_back(one.trust_domain());
    request.set_page_token(page.next_page_token());
    if (told.size() == 100) erase(told.back(), Request::RESTRICT);
  } while (!request.page_token().empty());

  EXPECT_EQ(told.size(), 250U);
  EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), 250U);
}

}  // namespace
}  // namespace entente::test
