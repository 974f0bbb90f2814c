#include "syncer/peer/syncer.hpp"

#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using trust::RelationshipState;

// FC-13, FC-15
TEST_F(SyncerTest, TakesWhatTheEndpointServes) {
  network.at(url).serve(document(b.bundle(7, 300s)));

  set({web("b.test")});
  until_polled("b.test", 1);

  ASSERT_TRUE(held("b.test"));
  EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b.bundle()));
  EXPECT_EQ(held("b.test")->source, url);
  EXPECT_EQ(status("b.test").state, RelationshipState::current);
  EXPECT_EQ(status("b.test").sequence, 7U);
  EXPECT_EQ(status("b.test").attempts.last_success, clock.now());
}

TEST_F(SyncerTest, WritesNothingWhenNothingChanged) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);
  const int writes = stored->writes;
  const auto version = ledger->current()->version;

  advance(5min);
  until_polled("b.test", 2);

  EXPECT_EQ(stored->writes, writes);
  EXPECT_EQ(ledger->current()->version, version);
  EXPECT_EQ(status("b.test").attempts.last_success, clock.now());
}

TEST_F(SyncerTest, AsksConditionallyForWhatItHolds) {
  network.at(url).serve(document(b.bundle(7)), "\"seven\"");
  set({web("b.test")});
  until_polled("b.test", 1);

  advance(5min);
  until_polled("b.test", 2);
  network.at(url).serve(document(b_next.bundle(8)), "\"eight\"");
  advance(5min);
  until_polled("b.test", 3);
  advance(5min);
  until_polled("b.test", 4);

  const auto& asked = network.at(url).requests();
  EXPECT_EQ(asked[0].etag, "");
  EXPECT_EQ(asked[1].etag, "\"seven\"");
  EXPECT_EQ(asked[2].etag, "\"seven\"");
  EXPECT_EQ(asked[3].etag, "\"eight\"");
  EXPECT_EQ(status("b.test").sequence, 8U);
  EXPECT_EQ(status("b.test").attempts.last_success, clock.now());
  EXPECT_THAT(metrics.expose(), HasSubstr("result=\"not_modified\""));
}

TEST_F(SyncerTest, NeverAsksConditionallyForWhatItRefused) {
  network.at(url).serve(document(b.bundle(7)), "\"seven\"");
  set({web("b.test")});
  until_polled("b.test", 1);
  network.at(url).serve(document(b_next.bundle(6)), "\"six\"");

  advance(5min);
  until_polled("b.test", 2);
  advance(5min);
  until_polled("b.test", 3);

  EXPECT_EQ(network.at(url).requests()[2].etag, "\"seven\"");
  EXPECT_EQ(status("b.test").sequence, 7U);
}

// FC-13: an older sequence changes nothing, until the operator says so; then once.
TEST_F(SyncerTest, TakesAnOlderSequenceByTheOperatorsWordAlone) {
  network.at(url).serve(document(b.bundle(7)), "\"seven\"");
  set({web("b.test")});
  until_polled("b.test", 1);
  network.at(url).serve(document(b_next.bundle(6)), "\"six\"");
  advance(5min);
  until_polled("b.test", 2);
  ASSERT_EQ(status("b.test").attempts.last_error->code(), Errc::sequence_older);
  EXPECT_EQ(status("b.test").state, RelationshipState::failing);
  EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b.bundle()));

  const Status accepted = run(io, syncer->accept_next(domain("b.test"), "rebuilt after a fire", actor));
  until_polled("b.test", 3);

  EXPECT_TRUE(accepted);
  EXPECT_EQ(network.at(url).requests()[2].etag, "") << "the word is about an answer, not about a 304";
  EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b_next.bundle()));
  EXPECT_FALSE(held("b.test")->accept_next);
  EXPECT_EQ(status("b.test").state, RelationshipState::current);
  network.at(url).serve(document(b.bundle(5)));
  advance(5min);
  until_polled("b.test", 4);
  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::sequence_older);
}

TEST_F(SyncerTest, TakesNoWordForWhatItDoesNotKnow) {
  const Status unknown = run(io, syncer->accept_next(domain("b.test"), "why not", actor));
  set({web("b.test")});
  const Status nothing_held = run(io, syncer->accept_next(domain("b.test"), "why not", actor));

  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  EXPECT_EQ(nothing_held.error().code(), Errc::not_found);
}

TEST_F(SyncerTest, KeepsTheLastGoodBundleWhateverComes) {
  struct Bad {
    std::string body;
    Errc code;
    std::string words;
  };
  const std::vector<Bad> answers = {
      {"<html>welcome</html>", Errc::syntax, "begins with '<'"},
      {"", Errc::syntax, "empty"},
      {"{\"keys\":[]} trailing", Errc::syntax, ""},
      {"{\"keys\":[],\"keys\":[]}", Errc::syntax, "keys"},
      {"{}", Errc::schema, "keys"},
      {"{\"keys\":null}", Errc::schema, "keys"},
      {"{\"keys\":[],\"spiffe_sequence\":-1}", Errc::schema, "spiffe_sequence"},
      {document(b_next.bundle(6)), Errc::sequence_older, "lower than 7"},
  };
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);
  const int writes = stored->writes;
  std::size_t polls = 1;

  for (const Bad& bad : answers) {
    network.at(url).serve(bad.body);
    advance(5min);
    until_polled("b.test", ++polls);

    const auto after = status("b.test");
    ASSERT_TRUE(after.attempts.last_error) << bad.body;
    EXPECT_EQ(after.attempts.last_error->code(), bad.code) << bad.body;
    EXPECT_THAT(after.attempts.last_error->message(), HasSubstr(bad.words)) << bad.body;
    EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b.bundle())) << bad.body;
  }
  EXPECT_EQ(stored->writes, writes);
  EXPECT_EQ(status("b.test").attempts.consecutive_failures, answers.size());
}

// TB-4, TB-6
TEST_F(SyncerTest, HonoursThatEveryKeyIsRevoked) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);

  network.at(url).serve("{\"keys\":[],\"spiffe_sequence\":8}");
  advance(5min);
  until_polled("b.test", 2);

  EXPECT_TRUE(held("b.test")->bundle->empty());
  EXPECT_EQ(status("b.test").state, RelationshipState::revoked);
}

// FC-8: the peer rotates, and is validated by what it served before.
TEST_F(SyncerTest, ValidatesASelfServingPeerByTheNewestBundle) {
  spiffe::Bundle rotated = b_next.bundle(8);
  network.at(url).serve(document(rotated));

  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())});
  until_polled("b.test", 1);
  advance(5min);
  until_polled("b.test", 2);

  const auto& asked = network.at(url).requests();
  const auto& first = std::get<syncer::SpiffeAnchors>(asked[0].anchors);
  const auto& second = std::get<syncer::SpiffeAnchors>(asked[1].anchors);
  EXPECT_EQ(first.id.str(), "spiffe://b.test/entente");
  EXPECT_TRUE(spiffe::same_authorities(*first.bundle, b.bundle()));
  EXPECT_TRUE(spiffe::same_authorities(*second.bundle, rotated));
}

// FC-9, FC-14: c's endpoint lives in b's trust domain.
TEST_F(SyncerTest, ValidatesAnotherDomainsEndpointByThatDomainsNewestBundle) {
  const std::string of_c = "https://c.example/", of_d = "https://d.example/";
  const TestAuthority c("c.test", clock.now()), d("d.test", clock.now());
  network.at(url).serve(document(b_next.bundle(8)));
  network.at(of_c).serve(document(c.bundle(1)));
  network.at(of_d).serve(document(d.bundle(1)));

  set({web("b.test"), spiffe_profile("c.test", of_c, "spiffe://b.test/for-c", nullptr),
       spiffe_profile("d.test", of_d, "spiffe://d.test/entente", d.shared_bundle())});
  until_polled("b.test", 1);
  until_polled("d.test", 1, of_d);
  advance(30s);
  until_polled("c.test", 1, of_c);

  const auto& for_c = std::get<syncer::SpiffeAnchors>(network.at(of_c).requests().back().anchors);
  const auto& for_d = std::get<syncer::SpiffeAnchors>(network.at(of_d).requests().back().anchors);
  EXPECT_TRUE(spiffe::same_authorities(*for_c.bundle, b_next.bundle()));
  EXPECT_TRUE(spiffe::same_authorities(*for_d.bundle, d.bundle()));
  EXPECT_TRUE(spiffe::same_authorities(*held("c.test")->bundle, c.bundle()));
  EXPECT_TRUE(spiffe::same_authorities(*held("d.test")->bundle, d.bundle()));
}

TEST_F(SyncerTest, AsksNobodyWhenNothingCanValidateTheAnswer) {
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", nullptr)});
  until([&] { return status("b.test").attempts.last_error.has_value(); });

  EXPECT_EQ(requests(), 0U);
  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::no_bootstrap_bundle);
  EXPECT_EQ(status("b.test").state, RelationshipState::pending);
}

TEST_F(SyncerTest, UsesWhatTheStoreRefusesAndSaysSo) {
  network.at(url).serve(document(b.bundle(7)));
  stored->refusing = true;

  set({web("b.test")});
  until([&] { return status("b.test").attempts.last_success.has_value(); });

  ASSERT_TRUE(held("b.test"));
  EXPECT_THAT(status("b.test").warnings, ElementsAre("not_persisted"));
  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::store);
  EXPECT_EQ(status("b.test").attempts.consecutive_failures, 0U);
  EXPECT_THAT(metrics.expose(), HasSubstr("trust_domain=\"b.test\",warning=\"not_persisted\"} 1"));
}

TEST_F(SyncerTest, GoesOnAfterAFaultInAPoll) {
  network.at(url).fault();
  set({web("b.test")});
  until([&] { return status("b.test").attempts.next_attempt.has_value(); });
  EXPECT_THAT(status("b.test").attempts.last_error->message(), HasSubstr("the fetcher has a bug"));

  network.at(url).serve(document(b.bundle(7)));
  advance(30s);
  until_polled("b.test", 2);

  EXPECT_EQ(status("b.test").state, RelationshipState::current);
}

TEST_F(SyncerTest, ExposesEachRelationshipAsMetricsUntilItEnds) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);
  network.at(url).fail(Errc::connect, "connect: connection refused");
  advance(5min);
  until_polled("b.test", 2);

  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("entente_federation_state{state=\"failing\",trust_domain=\"b.test\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_state{state=\"current\",trust_domain=\"b.test\"} 0"));
  EXPECT_THAT(text, HasSubstr("entente_federation_sequence{trust_domain=\"b.test\"} 7"));
  EXPECT_THAT(text, HasSubstr("entente_federation_consecutive_failures{trust_domain=\"b.test\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_polls_total{result=\"accepted\",trust_domain=\"b.test\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_polls_total{result=\"connect\",trust_domain=\"b.test\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_last_success_timestamp_seconds{trust_domain=\"b.test\"}"));
  set({});
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("b.test")));
}

}  // namespace
}  // namespace entente::test
