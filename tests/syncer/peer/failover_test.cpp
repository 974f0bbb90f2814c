// Several URLs of one relationship: in order, until one serves, and back to the first.
#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Failover : public SyncerTest {
 protected:
  const std::string first = "https://b1.example/", second = "https://b2.example/", third = "https://b3.example/";

  Failover() {
    network.at(first).fail(Errc::connect, "connect: connection refused");
    network.at(second).fail(Errc::connect, "connect: connection refused");
    network.at(third).fail(Errc::connect, "connect: connection refused");
  }

  void begin() { set({share(definition("b.test", {first, second, third}))}); }
  void until_settled(std::size_t polls) { until_polled("b.test", polls, first); }
  void poll_again() {
    const std::size_t polls = requests(first);
    advance(5min);
    until_settled(polls + 1);
  }
};

TEST_F(Failover, AsksTheNextUntilOneServes) {
  network.at(second).serve(document(b.bundle(7)));

  begin();
  until_settled(1);

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(status("b.test").state, trust::RelationshipState::current);
  EXPECT_EQ(status("b.test").attempts.served_by, second);
  EXPECT_FALSE(status("b.test").attempts.last_error);
  EXPECT_EQ(requests(third), 0U) << "one that serves is enough";
}

TEST_F(Failover, GoesBackToTheFirstWhenItAnswersAgain) {
  network.at(second).serve(document(b.bundle(7)), "\"seven\"");
  begin();
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("entente_federation_serving_url_index"))) << "not known yet";
  until_settled(1);
  EXPECT_THAT(metrics.expose(), HasSubstr("entente_federation_serving_url_index{trust_domain=\"b.test\"} 1"));
  network.at(first).serve(document(b.bundle(7)), "\"seven\"");

  poll_again();

  EXPECT_THAT(metrics.expose(), HasSubstr("entente_federation_serving_url_index{trust_domain=\"b.test\"} 0"));

  EXPECT_EQ(status("b.test").attempts.served_by, first);
  EXPECT_EQ(requests(first), 2U);
  EXPECT_EQ(requests(second), 1U);
  EXPECT_EQ(network.at(first).requests()[1].etag, "") << "the entity tag was another URL's";
}

// Whatever is wrong with an answer, the next URL may be better.
TEST_F(Failover, IsForEveryKindOfFailure) {
  network.at(second).serve(document(b.bundle(7)));
  begin();
  until_settled(1);
  const std::vector<std::pair<Errc, std::string>> failures = {
      {Errc::dns, "dns"},           {Errc::connect, "connect"}, {Errc::tls, "tls"},
      {Errc::timeout, "timeout"},   {Errc::http_status, "404"}, {Errc::redirect, "redirect"},
      {Errc::too_large, "too big"}, {Errc::syntax, "not HTTP"}, {Errc::wrong_spiffe_id, "another ID"}};
  std::size_t served = 1;

  for (const auto& [code, message] : failures) {
    network.at(first).fail(code, message);
    poll_again();
    EXPECT_EQ(requests(second), ++served) << message;
    EXPECT_FALSE(status("b.test").attempts.last_error) << message;
  }
  for (const std::string& body : {std::string("<html>"), std::string("{}"), document(b_next.bundle(6))}) {
    network.at(first).serve(body);
    poll_again();
    EXPECT_EQ(requests(second), ++served) << body;
    EXPECT_FALSE(status("b.test").attempts.last_error) << body;
  }
  network.at(first).fault();
  poll_again();
  EXPECT_EQ(requests(second), ++served);
  EXPECT_TRUE(uses("b.test", b.bundle()));
}

TEST_F(Failover, WaitsForASilentUrlNoLongerThanItsTimeout) {
  network.at(first).hang();
  network.at(second).serve(document(b.bundle(7)));
  begin();
  until([&] { return network.at(first).under_way() == 1; });

  advance(policy.timeout);
  until_settled(1);

  EXPECT_TRUE(uses("b.test", b.bundle()));
}

TEST_F(Failover, SaysOfEachUrlWhyItDidNotServe) {
  network.at(first).fail(Errc::dns, "no such name");
  network.at(second).fail(Errc::tls, "certificate has expired");
  network.at(third).serve("<html>");

  begin();
  until_settled(1);

  const auto attempts = status("b.test").attempts;
  ASSERT_TRUE(attempts.last_error);
  EXPECT_EQ(attempts.last_error->code(), Errc::dns);
  EXPECT_THAT(attempts.last_error->message(), HasSubstr(first + ": no such name; " + second +
                                                        ": certificate has expired; " + third + ": the answer is not"));
  EXPECT_EQ(attempts.consecutive_failures, 1U);
  EXPECT_FALSE(attempts.served_by);
}

// FC-12: each URL once, then the next interval.
TEST_F(Failover, HammersNobody) {
  begin();
  until_settled(1);
  advance(29s);

  EXPECT_EQ(requests(first) + requests(second) + requests(third), 3U);
}

TEST_F(Failover, KeepsATagForEachUrl) {
  network.at(second).serve(document(b.bundle(7)), "\"of the second\"");
  begin();
  until_settled(1);
  poll_again();
  ASSERT_EQ(network.at(second).requests()[1].etag, "\"of the second\"");

  network.at(first).serve(document(b.bundle(7)), "\"of the first\"");
  poll_again();
  poll_again();

  EXPECT_EQ(network.at(first).requests().back().etag, "\"of the first\"");
}

TEST_F(Failover, EndsWithItsRelationship) {
  network.at(second).hang();
  begin();
  until([&] { return network.at(second).under_way() == 1; });

  set({});
  advance(24h);

  EXPECT_EQ(network.at(second).cancelled(), 1);
  EXPECT_EQ(requests(third), 0U);
}

TEST_F(Failover, AsksNobodyWhenNothingCanValidateTheAnswer) {
  trust::Relationship relationship = definition("b.test", {first, second});
  relationship.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse("spiffe://b.test/entente"))};
  set({share(std::move(relationship))});
  until([&] { return status("b.test").attempts.last_error.has_value(); });

  EXPECT_EQ(requests(first) + requests(second), 0U);
  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::no_bootstrap_bundle);
}

}  // namespace
}  // namespace entente::test
