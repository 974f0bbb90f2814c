// The Workload API through our own client library: what each RPC gives to whom.
#include <gmock/gmock.h>

#include <condition_variable>
#include <nlohmann/json.hpp>

#include "common/spiffe/jwt_svid.hpp"
#include "tests/workload/api/api_fixture.hpp"

namespace entente::workload {
namespace {

using test::domain;
using test::eventually;
using test::id;
using test::soon;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const spiffe::BundleSet& bundles) {
  std::vector<std::string> all;
  for (const auto& [name, bundle] : bundles) all.push_back(name.name());
  return all;
}

// What a watch has reported, for a test to wait for.
template <class Value>
class Seen {
 public:
  std::function<void(std::shared_ptr<const Value>)> on_update() {
    return [this](std::shared_ptr<const Value> value) {
      const std::lock_guard lock(mutex_);
      values_.push_back(std::move(value));
      news_.notify_all();
    };
  }
  std::function<void(const Error&)> on_error() {
    return [this](const Error& error) {
      const std::lock_guard lock(mutex_);
      errors_.push_back(error);
      news_.notify_all();
    };
  }
  // The number-th update, null when it does not come.
  std::shared_ptr<const Value> update(std::size_t number) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, soon, [&] { return values_.size() > number; });
    return values_.size() > number ? values_[number] : nullptr;
  }
  Error error(std::size_t number) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, soon, [&] { return errors_.size() > number; });
    return errors_.size() > number ? errors_[number] : Error();
  }
  std::size_t updates() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::shared_ptr<const Value>> values_;
  std::vector<Error> errors_;
};

class FetchTest : public test::ApiFixture {
 protected:
  client::WorkloadClient client() const { return client::WorkloadClient(target()); }
};

// WA-1
TEST_F(FetchTest, GivesTheIdentitiesOfTheCallerWithTheirBundles) {
  start();
  identities.set({{test::own_uid_selector(), web, std::nullopt}, {test::own_uid_selector(), db, std::nullopt}});

  const Result<client::X509Context> context = client().fetch_x509(soon);

  ASSERT_TRUE(context) << context.error().message();
  ASSERT_EQ(context->svids.size(), 2U);
  EXPECT_EQ(context->svids[0].id, web->id);
  EXPECT_EQ(context->svids[0].chain, web->chain);
  EXPECT_EQ(context->svids[1].hint, "internal");
  EXPECT_THAT(names(context->bundles), ElementsAre("a.test", "b.test", "c.test"));
}

TEST_F(FetchTest, GivesX509AndJwtBundles) {
  start();
  entitle_self();

  const Result<spiffe::BundleSet> x509 = client().fetch_x509_bundles(soon);
  const Result<spiffe::BundleSet> jwt = client().fetch_jwt_bundles(soon);

  ASSERT_TRUE(x509 && jwt);
  EXPECT_THAT(names(*x509), ElementsAre("a.test", "b.test", "c.test"));
  EXPECT_THAT(names(*jwt), ElementsAre("a.test", "b.test", "c.test"));
  EXPECT_EQ(jwt->at(domain("b.test"))->jwt_authorities, b.bundle().jwt_authorities);
}

TEST_F(FetchTest, GivesOnlyTheFederatedBundlesThatTheCallersEntriesName) {
  start();
  identities.set({{test::own_uid_selector(), web, std::vector{domain("c.test")}}});

  const Result<spiffe::BundleSet> bundles = client().fetch_x509_bundles(soon);
  const Result<client::X509Context> context = client().fetch_x509(soon);

  ASSERT_TRUE(bundles && context);
  EXPECT_THAT(names(*bundles), ElementsAre("a.test", "c.test"));
  EXPECT_THAT(names(context->bundles), ElementsAre("a.test", "c.test"));
}

// WE-5
TEST_F(FetchTest, RefusesACallerWithoutAnIdentityEverywhere) {
  start();
  identities.set({{"unix:uid:54321", web, std::nullopt}});
  const client::WorkloadClient caller = client();

  EXPECT_EQ(caller.fetch_x509(soon).error().code(), Errc::permission_denied);
  EXPECT_EQ(caller.fetch_x509_bundles(soon).error().code(), Errc::permission_denied);
  EXPECT_EQ(caller.fetch_jwt_bundles(soon).error().code(), Errc::permission_denied);
  EXPECT_EQ(caller.fetch_jwt({"x"}, std::nullopt, soon).error().code(), Errc::permission_denied);
  EXPECT_EQ(caller.validate_jwt("x", b.token("/db", {"x"}), soon).error().code(), Errc::permission_denied);
}

TEST_F(FetchTest, GivesVerifiersBundlesAndValidationWithoutAnIdentityWhereThatIsAllowed) {
  start(true, true);
  const client::WorkloadClient caller = client();

  EXPECT_THAT(names(*caller.fetch_x509_bundles(soon)), ElementsAre("a.test", "b.test", "c.test"));
  EXPECT_TRUE(caller.fetch_jwt_bundles(soon));
  EXPECT_TRUE(caller.validate_jwt("x", b.token("/db", {"x"}), soon));
  EXPECT_EQ(caller.fetch_x509(soon).error().code(), Errc::permission_denied);
  EXPECT_EQ(caller.fetch_jwt({"x"}, std::nullopt, soon).error().code(), Errc::permission_denied);
}

TEST_F(FetchTest, WithoutAnIssuerGivesThePeersBundlesToVerifiers) {
  feed.publish(test::snapshot_of(std::nullopt, {b.bundle()}));
  start_server(false, true);

  EXPECT_THAT(names(*client().fetch_x509_bundles(soon)), ElementsAre("b.test"));
  EXPECT_EQ(client().fetch_x509(soon).error().code(), Errc::permission_denied);
}

// WE-5
TEST_F(FetchTest, IsUnavailableUntilTheOwnBundleIsThere) {
  feed.publish(test::snapshot_of(a.trust_domain(), {b.bundle()}));
  start_server();
  entitle_self();

  const Result<spiffe::BundleSet> before = client().fetch_x509_bundles(soon);
  test::publish(feed, a.bundle());
  const Result<spiffe::BundleSet> after = client().fetch_x509_bundles(soon);

  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code(), Errc::unavailable);
  EXPECT_THAT(before.error().message(), HasSubstr("not ready"));
  EXPECT_TRUE(after);
}

TEST_F(FetchTest, TellsCallersOfDifferentUsersApart) {
  start();
  identities.set({{"unix:uid:12345", web, std::nullopt}});

  const Result<client::X509Context> own = client().fetch_x509(soon);

  EXPECT_EQ(own.error().code(), Errc::permission_denied);
}

// WA-8
TEST_F(FetchTest, GivesAJwtSvidOfEachIdentityForTheAudience) {
  start();
  identities.set({{test::own_uid_selector(), web, std::nullopt}, {test::own_uid_selector(), db, std::nullopt}});

  const Result<std::vector<client::JwtSvid>> svids = client().fetch_jwt({"x", "y"}, std::nullopt, soon);

  ASSERT_TRUE(svids) << svids.error().message();
  ASSERT_EQ(svids->size(), 2U);
  EXPECT_EQ((*svids)[0].id, web->id);
  EXPECT_EQ((*svids)[1].id, db->id);
  EXPECT_EQ((*svids)[1].hint, "internal");
  EXPECT_THAT(spiffe::parse_jwt_svid((*svids)[0].token)->audience, ElementsAre("x", "y"));
}

// WA-8
TEST_F(FetchTest, GivesOneJwtSvidByItsIdAndRefusesAnIdThatIsNotTheCallers) {
  start();
  identities.set({{test::own_uid_selector(), web, std::nullopt}, {test::own_uid_selector(), db, std::nullopt}});

  const Result<std::vector<client::JwtSvid>> one = client().fetch_jwt({"x"}, db->id, soon);
  const Result<std::vector<client::JwtSvid>> foreign = client().fetch_jwt({"x"}, id("spiffe://a.test/admin"), soon);

  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().id, db->id);
  EXPECT_EQ(foreign.error().code(), Errc::permission_denied);
}

// WA-4
TEST_F(FetchTest, RefusesAJwtRequestWithoutAnAudience) {
  start();
  entitle_self();

  EXPECT_EQ(client().fetch_jwt({}, std::nullopt, soon).error().code(), Errc::invalid_argument);
  EXPECT_EQ(client().fetch_jwt({"x", ""}, std::nullopt, soon).error().code(), Errc::invalid_argument);
}

// WA-10
TEST_F(FetchTest, ValidatesAFederatedTokenAndGivesItsClaims) {
  start();
  entitle_self();

  const Result<client::ValidatedJwt> valid = client().validate_jwt("x", b.token("/db", {"x", "y"}), soon);

  ASSERT_TRUE(valid) << valid.error().message();
  EXPECT_EQ(valid->id, id("spiffe://b.test/db"));
  const auto claims = nlohmann::json::parse(valid->claims_json);
  EXPECT_EQ(claims["sub"], "spiffe://b.test/db");
  EXPECT_EQ(claims["aud"], nlohmann::json::array({"x", "y"}));
  EXPECT_EQ(claims["exp"], unix_seconds(clock.now()) + 3600);
}

// WA-10
TEST_F(FetchTest, RefusesTokensThatDoNotHoldAndSaysWhy) {
  start();
  entitle_self();
  const test::FakeDomain impostor("b.test", clock.now()), unknown("d.test", clock.now());
  const client::WorkloadClient caller = client();

  for (const std::string& token : {b.token("/db", {"another"}), impostor.token("/db", {"x"}),
                                   unknown.token("/db", {"x"}), std::string("not a token")}) {
    const Result<client::ValidatedJwt> answer = caller.validate_jwt("x", token, soon);
    ASSERT_FALSE(answer) << token;
    EXPECT_EQ(answer.error().code(), Errc::invalid_argument);
    EXPECT_THAT(answer.error().message(), HasSubstr("invalid JWT-SVID"));
  }
  EXPECT_THAT(caller.validate_jwt("x", unknown.token("/db", {"x"}), soon).error().message(),
              HasSubstr("no bundle for trust domain d.test"));
}

TEST_F(FetchTest, RefusesAnExpiredToken) {
  start();
  entitle_self();
  const std::string token = b.token("/db", {"x"});

  clock.jump(std::chrono::hours(2));

  EXPECT_EQ(client().validate_jwt("x", token, soon).error().code(), Errc::invalid_argument);
}

// A caller validates what it could validate itself, with the bundles that it gets.
TEST_F(FetchTest, RefusesTokensOfDomainsThatTheCallerIsNotFederatedWith) {
  start();
  identities.set({{test::own_uid_selector(), web, std::vector{domain("c.test")}}});

  EXPECT_EQ(client().validate_jwt("x", b.token("/db", {"x"}), soon).error().code(), Errc::invalid_argument);
  EXPECT_TRUE(client().validate_jwt("x", c.token("/db", {"x"}), soon));
  EXPECT_TRUE(client().validate_jwt("x", a.token("/db", {"x"}), soon));
}

// WA-4
TEST_F(FetchTest, RefusesAValidationRequestWithAMissingField) {
  start();
  entitle_self();

  EXPECT_EQ(client().validate_jwt("", b.token("/db", {"x"}), soon).error().code(), Errc::invalid_argument);
  EXPECT_EQ(client().validate_jwt("x", "", soon).error().code(), Errc::invalid_argument);
}

// WA-2
TEST_F(FetchTest, SendsTheFullStateAtOnceAndAgainWhenABundleChanges) {
  start();
  entitle_self();
  Seen<spiffe::BundleSet> seen;
  const auto watch = client().watch_x509_bundles(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));

  test::withdraw(feed, domain("b.test"));

  const auto second = seen.update(1);
  ASSERT_TRUE(second);
  EXPECT_THAT(names(*second), ElementsAre("a.test", "c.test"));
}

// WA-2
TEST_F(FetchTest, DoesNotSendAnIdenticalStateAgain) {
  start();
  entitle_self();
  Seen<spiffe::BundleSet> jwt;
  Seen<client::X509Context> x509;
  const auto jwt_watch = client().watch_jwt_bundles(jwt.on_update(), jwt.on_error());
  const auto x509_watch = client().watch_x509(x509.on_update(), x509.on_error());
  ASSERT_TRUE(jwt.update(0) && x509.update(0));

  // Nothing that a workload sees: another sequence, an entry set anew. Then something that it does see.
  spiffe::Bundle resequenced = b.bundle();
  resequenced.sequence = 77;
  test::publish(feed, resequenced);
  entitle_self();
  test::withdraw(feed, domain("b.test"));

  ASSERT_TRUE(jwt.update(1) && x509.update(1));
  EXPECT_THAT(names(*jwt.update(1)), ElementsAre("a.test", "c.test"));
  EXPECT_THAT(names(x509.update(1)->bundles), ElementsAre("a.test", "c.test"));
}

TEST_F(FetchTest, SendsARotatedSvidToOpenStreams) {
  start();
  entitle_self();
  Seen<client::X509Context> seen;
  const auto watch = client().watch_x509(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));

  const spiffe::X509SvidPtr renewed = a.svid("/web");
  identities.set({{test::own_uid_selector(), renewed, std::nullopt}});

  ASSERT_TRUE(seen.update(1));
  EXPECT_EQ(seen.update(1)->svids.front().chain, renewed->chain);
}

// WA-3
TEST_F(FetchTest, EndsAStreamWithPermissionDeniedWhenItsLastIdentityGoes) {
  start();
  entitle_self();
  Seen<client::X509Context> seen;
  Seen<spiffe::BundleSet> bundles;
  const auto watch = client().watch_x509(seen.on_update(), seen.on_error());
  const auto bundles_watch = client().watch_x509_bundles(bundles.on_update(), bundles.on_error());
  ASSERT_TRUE(seen.update(0) && bundles.update(0));

  identities.set({});

  EXPECT_EQ(seen.error(0).code(), Errc::permission_denied);
  EXPECT_EQ(bundles.error(0).code(), Errc::permission_denied);
}

TEST_F(FetchTest, KeepsAStreamOpenWhileMintingFails) {
  start();
  entitle_self();
  Seen<client::X509Context> seen;
  const auto watch = client().watch_x509(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));

  identities.fail(true);
  const Result<client::X509Context> newcomer = client().fetch_x509(soon);
  identities.set({{test::own_uid_selector(), db, std::nullopt}});
  identities.fail(false);

  EXPECT_EQ(newcomer.error().code(), Errc::unavailable);
  ASSERT_TRUE(seen.update(1));
  EXPECT_EQ(seen.update(1)->svids.front().id, db->id);
}

TEST_F(FetchTest, AttendsACallerWhileItsStreamIsOpen) {
  start();
  entitle_self();
  Seen<client::X509Context> seen;
  auto watch = client().watch_x509(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));
  EXPECT_EQ(identities.attended(), 1);
  ASSERT_TRUE(client().fetch_jwt({"x"}, std::nullopt, soon));

  watch.reset();

  EXPECT_TRUE(test::eventually([&] { return identities.attended() == 0; }));
}

// No identity is one thing, not to know is another: a PermissionDenied has clients drop what they hold (WA-3).
TEST_F(FetchTest, IsUnavailableAndNoDenialWhereIdentitiesAreNotKnown) {
  start();
  entitle_self();
  Seen<spiffe::BundleSet> seen;
  const auto watch = client().watch_x509_bundles(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));

  identities.lose(true);
  const auto svids = client().fetch_x509(soon);
  const auto bundles = client().fetch_jwt_bundles(soon);
  const auto validated = client().validate_jwt("x", a.token("/web", {"x"}), soon);
  identities.lose(false);

  for (const Errc code : {svids.error().code(), bundles.error().code(), validated.error().code()})
    EXPECT_EQ(code, Errc::unavailable);
  EXPECT_NE(svids.error().message().find("the agent is away"), std::string::npos);
  test::publish(feed, test::FakeDomain("c.test", clock.now()).bundle());
  ASSERT_TRUE(seen.update(1)) << "the stream stayed open";
}

TEST_F(FetchTest, GivesVerifiersBundlesAlsoWhereIdentitiesAreNotKnown) {
  start(true, true);
  identities.lose(true);

  EXPECT_TRUE(client().fetch_x509_bundles(soon));
}

TEST_F(FetchTest, EndsStreamsWithUnavailableWhenItStops) {
  start();
  entitle_self();
  Seen<spiffe::BundleSet> seen;
  const auto watch = client().watch_x509_bundles(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));

  api->stop(soon);

  EXPECT_EQ(seen.error(0).code(), Errc::unavailable);
  EXPECT_THAT(seen.error(0).message(), HasSubstr("shutting down"));
}

TEST_F(FetchTest, ServesItsWatchersAgainAfterARestart) {
  start();
  entitle_self();
  Seen<spiffe::BundleSet> seen;
  const auto watch = client().watch_x509_bundles(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));

  api.reset();
  start_server();

  EXPECT_TRUE(seen.update(1));
}

TEST_F(FetchTest, CountsCallsStreamsAndUpdates) {
  start();
  entitle_self();
  Seen<spiffe::BundleSet> seen;
  const auto watch = client().watch_x509_bundles(seen.on_update(), seen.on_error());
  ASSERT_TRUE(seen.update(0));
  EXPECT_FALSE(client().validate_jwt("x", "bad", soon));

  EXPECT_TRUE(eventually([&] {
    const std::string text = metrics.expose();
    return text.find("entente_workload_api_streams 1") != std::string::npos &&
           text.find("entente_workload_api_updates_total 1") != std::string::npos &&
           text.find("entente_workload_api_calls_total{code=\"InvalidArgument\",method=\"ValidateJWTSVID\"} 1") !=
               std::string::npos;
  })) << metrics.expose();
}

}  // namespace
}  // namespace entente::workload
