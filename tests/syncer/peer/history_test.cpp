// What goes on record, and from where it came.
#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using trust::HistoryAction;

class History : public SyncerTest {
 protected:
  void begin() {
    network.at(url).serve(document(b.bundle(7)));
    set({web("b.test")});
    until_polled("b.test", 1);
  }
  void serve(const spiffe::Bundle& bundle) {
    network.at(url).serve(document(bundle));
    until_polled_by([&] { advance(5min); });
  }
};

TEST_F(History, SaysWhereABundleCameFromAndWhatItChanged) {
  begin();
  serve(b_next.bundle(8));

  const auto entries = history("b.test");
  ASSERT_EQ(entries.size(), 2U);
  const trust::HistoryEntry& entry = *entries[1];
  EXPECT_EQ(entry.action, HistoryAction::accepted);
  EXPECT_EQ(entry.number, 2U);
  EXPECT_EQ(entry.at, clock.now());
  EXPECT_EQ(entry.sequence, 8U);
  EXPECT_EQ(entry.from, (trust::Provenance{url, FakeEndpoint::address, FakeEndpoint::certificate}));
  EXPECT_FALSE(entry.by);
  EXPECT_EQ(entry.digest, spiffe::authorities_digest(b_next.bundle()));
  ASSERT_EQ(entry.changes.size(), 2U);
  EXPECT_FALSE(entry.changes[0].added);
  EXPECT_TRUE(entry.changes[1].added);
  EXPECT_EQ(entry.changes[1].expires_at, b_next.certificate().not_after());
}

TEST_F(History, HasNothingOfWhatChangedNothing) {
  begin();
  serve(b.bundle(7));
  network.at(url).fail(Errc::connect, "refused");
  advance(5min);
  until_polled("b.test", 3);

  EXPECT_EQ(actions("b.test"), "accepted");
}

TEST_F(History, HasARefusalOnceHoweverOftenItComes) {
  begin();
  for (int i = 0; i < 3; ++i) serve(b_next.bundle(6));

  EXPECT_EQ(actions("b.test"), "accepted refused");
  const auto entry = history("b.test").back();
  EXPECT_THAT(entry->reason, HasSubstr("lower than 7"));
  EXPECT_EQ(entry->digest, spiffe::authorities_digest(b_next.bundle()));
  EXPECT_FALSE(entry->bundle) << "nobody can roll back to it";
}

TEST_F(History, HasEachOtherRefusal) {
  begin();
  serve(b_next.bundle(6));
  serve(TestAuthority("b.test", clock.now()).bundle(6));
  serve(b_next.bundle(5));

  EXPECT_EQ(actions("b.test"), "accepted refused refused") << "two matters, however they alternate";
}

TEST_F(History, HasARefusalAgainAfterAnAcceptance) {
  begin();
  serve(b_next.bundle(6));
  serve(b.bundle(8));
  serve(b_next.bundle(6));

  EXPECT_EQ(actions("b.test"), "accepted refused accepted refused");
}

TEST_F(History, HasARefusalOnceOverARestart) {
  begin();
  serve(b_next.bundle(6));
  close();

  open();
  until_polled_by([&] { set({web("b.test")}); });

  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::sequence_older);
  EXPECT_EQ(actions("b.test"), "accepted refused");
}

TEST_F(History, SaysWhoGaveTheWordAndWhatItTook) {
  begin();
  serve(b_next.bundle(6));

  until_polled_by([&] { ASSERT_TRUE(run(io, syncer->accept_next(domain("b.test"), "rebuilt after a fire", actor))); });

  EXPECT_EQ(actions("b.test"), "accepted refused accept_next accepted");
  const auto entries = history("b.test");
  EXPECT_EQ(entries[2]->by, actor);
  EXPECT_EQ(entries[2]->reason, "rebuilt after a fire");
  EXPECT_THAT(entries[3]->reason, HasSubstr("uid 1000"));
  EXPECT_THAT(entries[3]->reason, HasSubstr("rebuilt after a fire"));
}

TEST_F(History, TellsTheFirstBootstrapBundleFromAChangedOne) {
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())});
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b_next.shared_bundle())});

  EXPECT_EQ(actions("b.test"), "bootstrap bootstrap");
  EXPECT_EQ(history("b.test")[0]->reason, "");
  EXPECT_EQ(history("b.test")[1]->reason, "the operator changed the bootstrap bundle");
}

TEST_F(History, SaysThatTheEndpointConfirmedABootstrapBundle) {
  network.at(url).serve(document(b.bundle()));
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())});
  until_polled("b.test", 1);

  EXPECT_EQ(actions("b.test"), "bootstrap accepted");
  EXPECT_TRUE(history("b.test")[1]->changes.empty());
}

// FC-16
TEST_F(History, OutlivesTheRelationshipAndSaysWhoEndedIt) {
  begin();
  run(io, syncer->erase(domain("b.test"), actor));

  EXPECT_EQ(actions("b.test"), "accepted withdrawn");
  const auto entry = history("b.test").back();
  EXPECT_EQ(entry->by, actor);
  EXPECT_EQ(entry->reason, "the relationship was deleted");
  ASSERT_EQ(entry->changes.size(), 1U);
  EXPECT_FALSE(entry->changes[0].added);
}

TEST_F(History, IsCounted) {
  begin();
  serve(b_next.bundle(6));
  set({});

  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("entente_federation_changes_total{action=\"accepted\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_changes_total{action=\"held\"} 0"));
  EXPECT_THAT(text, HasSubstr("entente_federation_changes_total{action=\"refused\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_changes_total{action=\"withdrawn\"} 1"));
  EXPECT_THAT(text, HasSubstr("entente_federation_changes_total{action=\"approved\"} 0"));
  EXPECT_THAT(text, HasSubstr("entente_federation_changes_total{action=\"bootstrap\"} 0"));
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())});
  EXPECT_THAT(metrics.expose(), HasSubstr("entente_federation_changes_total{action=\"bootstrap\"} 1"));
}

}  // namespace
}  // namespace entente::test
