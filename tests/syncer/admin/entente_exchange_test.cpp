// Bundles as signed files: ours out, a peer's in.
#include "common/spiffe/signed_bundle.hpp"
#include "tests/support/eventually.hpp"
#include "tests/syncer/admin/entente_fixture.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const char* const endpoint = "spiffe://b.test/entente";

class EntenteExchangeTest : public EntenteTest {
 protected:
  static spiffe::X509Svid svid(const TestAuthority& authority, std::string_view id,
                               std::optional<Time> not_after = std::nullopt) {
    const tls::Identity identity = authority.svid(id, not_after);
    return {must(spiffe::SpiffeId::parse(id)), identity.chain, identity.key, ""};
  }
  std::string file(const spiffe::Bundle& bundle, const spiffe::X509Svid& signer) {
    return must(spiffe::sign_bundle(bundle, now, signer));
  }
  Answered<v1::ImportBundleResponse> import(const std::string& jws, const std::string& fingerprint = "") {
    v1::ImportBundleRequest request;
    request.set_jws(jws);
    request.set_fingerprint(fingerprint);
    return call(&Stub::ImportBundle, request);
  }
  // b.test by https_spiffe, and the first authority's bundle to begin with.
  void federate(const std::string& policy = "accept") {
    start();
    v1::RelationshipDefinition definition = spiffe_definition("b.test", peer_url, endpoint);
    definition.set_bundle(spiffe::write_bundle(first.bundle(7)));
    definition.set_policy(policy);
    ASSERT_TRUE(create(definition).status.ok());
  }

  const Time now = FakeClock().now();
  const TestAuthority first{"b.test", now}, second{"b.test", now}, ops{"ops.test", now};
};

TEST_F(EntenteExchangeTest, ExportsOurBundleSignedByTheEndpointsSvid) {
  const TestAuthority own("own.test", now);
  AdminSetup setup;
  setup.complete = [&](AdminParts& parts) {
    parts.endpoint_svid = [&]() -> asio::awaitable<Result<spiffe::X509Svid>> {
      co_return svid(own, "spiffe://own.test/entente");
    };
  };
  start(std::move(setup));

  const auto exported = call(&Stub::ExportBundle, {});

  ASSERT_TRUE(exported.status.ok()) << exported.status.error_message();
  const auto read = must(spiffe::parse_signed_bundle(exported.response.jws()));
  const spiffe::Bundle& published = *server->record("own.test")->bundle;
  EXPECT_EQ(spiffe::write_bundle(read.bundle), spiffe::write_bundle(published));
  EXPECT_TRUE(spiffe::verify_signed_bundle(read, must(spiffe::SpiffeId::parse("spiffe://own.test/entente")),
                                           own.bundle(), now));
  EXPECT_EQ(exported.response.spiffe_id(), "spiffe://own.test/entente");
  EXPECT_EQ(exported.response.fingerprint(), read.fingerprint());
  EXPECT_EQ(exported.response.sequence(), published.sequence);
  EXPECT_EQ(exported.response.issued_at().seconds(), unix_seconds(now));
  EXPECT_EQ(exported.response.expires_at().seconds(), unix_seconds(now + std::chrono::hours(1)));
}

TEST_F(EntenteExchangeTest, SaysWhatWouldSignWhereNothingDoes) {
  start();
  const grpc::Status status = call(&Stub::ExportBundle, {}).status;

  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("bundle_endpoint.https_spiffe.spiffe_id"));
}

TEST_F(EntenteExchangeTest, ImportsWhatTheEndpointSignedByTheBundleThatIsHeld) {
  federate();

  const auto imported = import(file(second.bundle(8), svid(first, endpoint)));

  ASSERT_TRUE(imported.status.ok()) << imported.status.error_message();
  EXPECT_EQ(imported.response.outcome(), v1::ImportBundleResponse::OUTCOME_ACCEPTED);
  EXPECT_EQ(imported.response.trust_domain(), "b.test");
  EXPECT_EQ(imported.response.sequence(), 8U);
  EXPECT_EQ(imported.response.digest(), spiffe::authorities_digest(second.bundle()));
  EXPECT_EQ(server->record("b.test")->bundle->x509_authorities.front(), second.certificate());
  EXPECT_EQ(get("b.test").bundle_origin(), "imported");
  const v1::HistoryEntry last = history("b.test").back();
  EXPECT_EQ(last.action(), "accepted");
  EXPECT_EQ(last.source(), "signed file");
  EXPECT_EQ(last.certificate(), imported.response.fingerprint());
  EXPECT_EQ(last.uid(), ::getuid());
  EXPECT_EQ(import(file(second.bundle(8), svid(second, endpoint))).response.outcome(),
            v1::ImportBundleResponse::OUTCOME_UNCHANGED);
}

TEST_F(EntenteExchangeTest, RunsThroughTheSamePolicyAsAFetchedBundle) {
  federate("approve");
  const std::string jws = file(second.bundle(8), svid(first, endpoint));

  EXPECT_EQ(import(jws).response.outcome(), v1::ImportBundleResponse::OUTCOME_HELD);
  EXPECT_EQ(import(jws).response.outcome(), v1::ImportBundleResponse::OUTCOME_HELD);

  EXPECT_EQ(server->record("b.test")->bundle->x509_authorities.front(), first.certificate());
  EXPECT_EQ(get("b.test").held().origin(), "imported");
  EXPECT_THAT(actions("b.test"), ElementsAre("bootstrap", "held"));
}

TEST_F(EntenteExchangeTest, RefusesAnOlderSequence) {
  federate();

  const grpc::Status refused = import(file(second.bundle(6), svid(first, endpoint))).status;

  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("sequence"));
  EXPECT_EQ(actions("b.test").back(), "refused");
}

TEST_F(EntenteExchangeTest, RefusesWhatAnotherSigned) {
  federate();
  const std::vector<std::string> files = {
      file(second.bundle(8), svid(first, "spiffe://b.test/web")),
      file(second.bundle(8), svid(second, endpoint)),
      file(second.bundle(8), svid(ops, "spiffe://ops.test/entente")),
      file(second.bundle(8), svid(first, endpoint, now - std::chrono::minutes(1))),
  };
  for (const std::string& jws : files) {
    const grpc::Status refused = import(jws).status;
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << refused.error_message();
    EXPECT_THAT(refused.error_message(), HasSubstr("signed bundle"));
  }
  EXPECT_EQ(server->record("b.test")->bundle->x509_authorities.front(), first.certificate());
}

TEST_F(EntenteExchangeTest, TakesAFingerprintWhereNothingIsHeld) {
  start();
  ASSERT_TRUE(create(spiffe_definition("b.test", peer_url, endpoint)).status.ok());
  const std::string jws = file(second.bundle(8), svid(second, endpoint));
  const grpc::Status unknown = import(jws).status;
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(unknown.error_message(), HasSubstr("give the fingerprint"));

  const auto imported = import(jws, must(spiffe::parse_signed_bundle(jws)).fingerprint());

  ASSERT_TRUE(imported.status.ok()) << imported.status.error_message();
  EXPECT_EQ(server->record("b.test")->bundle->sequence, 8U);
  EXPECT_EQ(import(jws, "12").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(import(jws, "12").status.error_message(), StartsWith("fingerprint: "));
  EXPECT_EQ(import(jws, std::string(64, '0')).status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(EntenteExchangeTest, PollsAtOnceWhenTheBundleThatWasMissingIsImported) {  // FC-8
  start();
  serve(peer_url, second.bundle(9));
  ASSERT_TRUE(create(spiffe_definition("b.test", peer_url, endpoint)).status.ok());
  ASSERT_EQ(refresh("b.test").last_error().code(), "no_bootstrap_bundle");
  const std::string jws = file(second.bundle(8), svid(second, endpoint));

  ASSERT_TRUE(import(jws, must(spiffe::parse_signed_bundle(jws)).fingerprint()).status.ok());

  // The clock stands still: the schedule brings nothing.
  EXPECT_TRUE(eventually([&] { return server->record("b.test")->bundle->sequence == 9U; }));
}

// FC-9
TEST_F(EntenteExchangeTest, VerifiesByTheBundleOfTheEndpointIdsOwnTrustDomain) {
  start();
  v1::RelationshipDefinition host = spiffe_definition("ops.test", "https://ops.example/", "spiffe://ops.test/entente");
  host.set_bundle(spiffe::write_bundle(ops.bundle()));
  ASSERT_TRUE(create(host).status.ok());
  ASSERT_TRUE(create(spiffe_definition("b.test", peer_url, "spiffe://ops.test/hosting")).status.ok());

  const auto imported = import(file(first.bundle(1), svid(ops, "spiffe://ops.test/hosting")));

  ASSERT_TRUE(imported.status.ok()) << imported.status.error_message();
  EXPECT_EQ(server->record("b.test")->bundle->x509_authorities.front(), first.certificate());
  EXPECT_EQ(server->record("ops.test")->bundle->x509_authorities.front(), ops.certificate());
}

TEST_F(EntenteExchangeTest, TakesAWebRelationshipsByFingerprintAlone) {
  start();
  ASSERT_TRUE(create(web_definition("b.test", peer_url)).status.ok());
  const std::string jws = file(first.bundle(1), svid(first, endpoint));

  const grpc::Status without = import(jws).status;
  EXPECT_EQ(without.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(without.error_message(), StartsWith("fingerprint: b.test is https_web"));
  EXPECT_TRUE(import(jws, must(spiffe::parse_signed_bundle(jws)).fingerprint()).status.ok());
}

TEST_F(EntenteExchangeTest, IsForFederatedTrustDomains) {
  federate();
  const TestAuthority own("own.test", now);

  const grpc::Status stranger = import(file(ops.bundle(1), svid(ops, "spiffe://ops.test/entente"))).status;
  EXPECT_EQ(stranger.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(stranger.error_message(), HasSubstr("ops.test"));
  const grpc::Status ours = import(file(own.bundle(1), svid(own, "spiffe://own.test/entente"))).status;
  EXPECT_EQ(ours.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(ours.error_message(), HasSubstr("our own"));
}

}  // namespace
}  // namespace entente::syncer
