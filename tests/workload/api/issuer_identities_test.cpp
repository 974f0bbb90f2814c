#include "workload/api/issuer_identities.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "common/base/task.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/workload/support/fake_domain.hpp"
#include "workload/api/minted_svid.hpp"

namespace entente::workload {
namespace {

using test::domain;
using test::id;
using test::must;
using testing::ElementsAre;

class IssuerIdentitiesTest : public testing::Test {
 protected:
  IssuerIdentitiesTest() {
    identities = std::make_unique<IssuerIdentities>(io.get_executor(), *issuer, clock, log);
    listening = identities->on_change([this] { ++changes; });
  }

  issuer::IssuerOptions options() const {
    issuer::IssuerOptions wanted{.trust_domain = domain("a.test"), .folder = folder / "issuer"};
    wanted.x509_svid_ttl = std::chrono::hours(1);
    return wanted;
  }
  static trust::RegistrationEntry entry(const std::string& name, const std::string& path, const std::string& selector) {
    return {.id = name,
            .spiffe_id = id("spiffe://a.test" + path),
            .selectors = {must(trust::Selector::parse(selector))},
            .x509_svid_ttl = {},
            .jwt_svid_ttl = {},
            .dns_names = {},
            .federates_with = {},
            .hint = {}};
  }
  static Workload user(int uid) { return {nullptr, {must(trust::Selector::parse("unix:uid:" + std::to_string(uid)))}}; }
  std::vector<std::string> ids(int uid) {
    std::vector<std::string> all;
    for (const X509Identity& each : must(identities->x509_identities(user(uid)))) all.push_back(each.svid->id.str());
    return all;
  }
  spiffe::X509SvidPtr svid(int uid) { return must(identities->x509_identities(user(uid))).at(0).svid; }
  void turn() {
    io.restart();
    io.poll();
  }

  test::TempFolder folder;
  Log log{LogLevel::error};
  test::FakeClock clock;
  asio::io_context io;
  std::unique_ptr<issuer::Issuer> issuer = must(issuer::Issuer::open(options(), clock, log));
  std::unique_ptr<IssuerIdentities> identities;
  std::atomic<int> changes = 0;
  std::shared_ptr<void> listening;
};

// WA-12
TEST_F(IssuerIdentitiesTest, GivesTheIdentitiesOfMatchingEntriesInTheirOrder) {
  identities->set_entries({entry("config-0", "/z", "unix:uid:1"), entry("config-1", "/b", "unix:uid:2"),
                           entry("config-2", "/a", "unix:uid:1")});

  EXPECT_THAT(ids(1), ElementsAre("spiffe://a.test/z", "spiffe://a.test/a"));
  EXPECT_THAT(ids(2), ElementsAre("spiffe://a.test/b"));
  EXPECT_THAT(ids(3), ElementsAre());
}

TEST_F(IssuerIdentitiesTest, MintsOnceForAllCallersOfAnEntry) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});

  EXPECT_EQ(svid(1), svid(1));
}

TEST_F(IssuerIdentitiesTest, MintsOnceWhenManyThreadsAskAtOnce) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});
  std::vector<spiffe::X509SvidPtr> got(8);
  std::vector<std::thread> threads;

  for (auto& each : got) threads.emplace_back([&] { each = svid(1); });
  for (std::thread& each : threads) each.join();

  EXPECT_EQ(std::count(got.begin(), got.end(), got.front()), 8);
}

TEST_F(IssuerIdentitiesTest, GivesEntriesOfTheSameIdWithDifferentHints) {
  trust::RegistrationEntry internal = entry("config-0", "/web", "unix:uid:1"), external = internal;
  internal.hint = "internal";
  external.id = "config-1";
  external.hint = "external";
  identities->set_entries({internal, external});

  const auto got = must(identities->x509_identities(user(1)));

  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].svid->hint, "internal");
  EXPECT_EQ(got[1].svid->hint, "external");
}

TEST_F(IssuerIdentitiesTest, TellsItsListenersAtAboutHalfAnSvidsLifeAndMintsAnewForWhoAsks) {
  TaskGroup tasks(io.get_executor(), log);
  tasks.spawn("renewal", identities->run());
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});
  const spiffe::X509SvidPtr first = svid(1);
  changes = 0;
  turn();

  clock.advance(std::chrono::minutes(26));
  turn();
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(svid(1), first);

  clock.advance(std::chrono::minutes(5));
  turn();
  EXPECT_EQ(changes, 1);
  const spiffe::X509SvidPtr second = svid(1);
  EXPECT_NE(second, first);

  // And again, for the one that was renewed.
  turn();
  clock.advance(std::chrono::minutes(31));
  turn();
  EXPECT_EQ(changes, 2);
  tasks.cancel();
  turn();
  EXPECT_EQ(tasks.running(), 0U);
}

TEST_F(IssuerIdentitiesTest, LeavesSvidsThatNobodyAsksForAnyMoreAlone) {
  TaskGroup tasks(io.get_executor(), log);
  tasks.spawn("renewal", identities->run());
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});
  svid(1);
  changes = 0;
  turn();

  for (int hour = 0; hour < 10; ++hour) {
    clock.advance(std::chrono::hours(1));
    turn();
  }

  EXPECT_EQ(changes, 1);
  tasks.cancel();
  turn();
}

TEST_F(IssuerIdentitiesTest, KeepsTheSvidsOfEntriesThatStayTheSame) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1"), entry("config-1", "/db", "unix:uid:2")});
  const spiffe::X509SvidPtr web = svid(1), db = svid(2);
  trust::RegistrationEntry changed = entry("config-1", "/db", "unix:uid:2");
  changed.dns_names = {"db.a.example"};

  changes = 0;
  identities->set_entries({entry("config-0", "/web", "unix:uid:1"), changed});

  EXPECT_EQ(changes, 1);
  EXPECT_EQ(svid(1), web);
  EXPECT_NE(svid(2), db);
  EXPECT_THAT(svid(2)->chain.front().dns_names(), ElementsAre("db.a.example"));
}

TEST_F(IssuerIdentitiesTest, MintsAnewWhenTheAuthorityHasChanged) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});
  const spiffe::X509SvidPtr before = svid(1);
  const std::string token = must(identities->jwt_identities(user(1), {"x"}, std::nullopt)).at(0).token;
  changes = 0;

  ASSERT_TRUE(issuer->rotate(true, true, true));
  identities->authority_changed();

  EXPECT_EQ(changes, 1);
  EXPECT_NE(svid(1), before);
  EXPECT_TRUE(spiffe::verify_x509_svid(svid(1)->chain, issuer->bundle(), clock.now()));
  EXPECT_NE(must(identities->jwt_identities(user(1), {"x"}, std::nullopt)).at(0).token, token);
}

// WA-8
TEST_F(IssuerIdentitiesTest, GivesJwtSvidsForTheAudienceThatItsBundleValidates) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1"), entry("config-1", "/db", "unix:uid:1")});

  const auto all = must(identities->jwt_identities(user(1), {"y", "x", "y"}, std::nullopt));

  ASSERT_EQ(all.size(), 2U);
  const spiffe::UnverifiedJwt jwt = must(spiffe::parse_jwt_svid(all[0].token));
  EXPECT_THAT(jwt.audience, ElementsAre("x", "y"));
  EXPECT_TRUE(spiffe::verify_jwt_svid(jwt, issuer->bundle(), {"x", clock.now()}));
}

TEST_F(IssuerIdentitiesTest, GivesTheSameTokenForTheSameAudienceUntilHalfItsLife) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});
  const auto token = [&](std::vector<std::string> audience) {
    return must(identities->jwt_identities(user(1), audience, std::nullopt)).at(0).token;
  };

  const std::string first = token({"x", "y"});

  EXPECT_EQ(token({"y", "x"}), first);
  EXPECT_NE(token({"x"}), first);
  clock.advance(std::chrono::minutes(3));
  EXPECT_NE(token({"x", "y"}), first);
}

// WA-8
TEST_F(IssuerIdentitiesTest, RefusesAJwtSvidOfAnIdThatIsNotTheCallers) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1"), entry("config-1", "/db", "unix:uid:2")});

  const auto one = identities->jwt_identities(user(1), {"x"}, id("spiffe://a.test/web"));
  const auto foreign = identities->jwt_identities(user(1), {"x"}, id("spiffe://a.test/db"));
  const auto nobody = identities->jwt_identities(user(3), {"x"}, id("spiffe://a.test/db"));

  EXPECT_EQ(one->size(), 1U);
  EXPECT_EQ(foreign.error().code(), Errc::permission_denied);
  EXPECT_TRUE(nobody && nobody->empty());
}

TEST_F(IssuerIdentitiesTest, SaysWhoseBundlesACallersEntriesFederateWith) {
  trust::RegistrationEntry c_and_b = entry("config-0", "/web", "unix:uid:1"),
                           only_b = entry("config-1", "/db", "unix:uid:1");
  c_and_b.federates_with = {domain("c.test"), domain("b.test")};
  only_b.federates_with = {domain("b.test")};
  identities->set_entries({c_and_b, only_b, entry("config-2", "/all", "unix:uid:2")});

  const auto first = must(identities->entitlement(user(1))), second = must(identities->entitlement(user(2)));

  EXPECT_TRUE(first.any);
  EXPECT_FALSE(first.all_federated);
  EXPECT_THAT(first.federated, ElementsAre(domain("b.test"), domain("c.test")));
  EXPECT_TRUE(second.any && second.all_federated);
  EXPECT_FALSE(must(identities->entitlement(user(3))).any);
}

TEST_F(IssuerIdentitiesTest, TellsAListenerNothingOnceItHasEnded) {
  listening.reset();

  identities->set_entries({});

  EXPECT_EQ(changes, 0);
}

TEST_F(IssuerIdentitiesTest, SpreadsRenewalsOverATwentiethOfTheLifeBeforeItsHalf) {
  identities->set_entries({entry("config-0", "/web", "unix:uid:1")});
  const crypto::Certificate leaf = svid(1)->chain.front();
  const Duration life = leaf.not_after() - leaf.not_before();
  std::vector<Time> times;

  for (int i = 0; i < 100; ++i) times.push_back(renewal_of(leaf, "config-" + std::to_string(i)));

  const auto [first, last] = std::minmax_element(times.begin(), times.end());
  EXPECT_GE(*first, leaf.not_before() + life * 45 / 100);
  EXPECT_LE(*last, leaf.not_before() + life / 2);
  EXPECT_GT(*last - *first, life / 50);
}

}  // namespace
}  // namespace entente::workload
