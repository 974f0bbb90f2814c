// Change policies through the loop: what is held, what becomes of it, and that nothing else changes meanwhile.
#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using trust::ChangePolicy;
using trust::RelationshipState;

class Policy : public SyncerTest {
 protected:
  // In use: b's bundle of sequence 7, whatever the policy.
  void begin(ChangePolicy wanted) {
    network.at(url).serve(document(b.bundle(7)), "\"seven\"");
    set({web("b.test")});
    until_polled("b.test", 1);
    set({with_policy("b.test", wanted)});
    until_polled("b.test", 2);
  }
  void serve(const spiffe::Bundle& bundle, const std::string& etag = "") {
    network.at(url).serve(document(bundle), etag);
    poll();
  }
  void poll() {
    until_polled_by([&] { advance(5min); });
  }
  std::string digest_waiting() const { return spiffe::authorities_digest(*waiting("b.test")); }
  spiffe::Bundle both(std::uint64_t sequence) const {
    spiffe::Bundle bundle = b.bundle(sequence);
    bundle.x509_authorities.push_back(b_next.certificate());
    return bundle;
  }
};

TEST_F(Policy, AcceptTakesEveryGoodBundle) {
  begin(ChangePolicy::accept);
  serve(b_next.bundle(8));

  EXPECT_TRUE(uses("b.test", b_next.bundle()));
  EXPECT_EQ(status("b.test").state, RelationshipState::current);
}

TEST_F(Policy, OverlapHoldsABundleThatSharesNothing) {
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8));

  EXPECT_TRUE(uses("b.test", b.bundle()));
  ASSERT_TRUE(waiting("b.test"));
  EXPECT_EQ(status("b.test").state, RelationshipState::held);
  EXPECT_FALSE(status("b.test").attempts.last_error) << "the peer answered";
  EXPECT_EQ(status("b.test").attempts.consecutive_failures, 0U);
  EXPECT_EQ(actions("b.test"), "accepted held");
  EXPECT_THAT(metrics.expose(), HasSubstr("entente_federation_held{trust_domain=\"b.test\"} 1"));
  EXPECT_THAT(metrics.expose(), HasSubstr("result=\"held\",trust_domain=\"b.test\"} 1"));
}

TEST_F(Policy, OverlapTakesARotationThatShares) {
  begin(ChangePolicy::overlap);
  serve(both(8));
  serve(b_next.bundle(9));

  EXPECT_TRUE(uses("b.test", b_next.bundle()));
  EXPECT_EQ(actions("b.test"), "accepted accepted accepted");
}

TEST_F(Policy, ApproveHoldsEachAddition) {
  begin(ChangePolicy::approve);
  serve(both(8));

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_TRUE(waiting("b.test"));
}

TEST_F(Policy, ApproveHoldsTheFirstBundleToo) {
  network.at(url).serve(document(b.bundle(7, 300s)));
  set({with_policy("b.test", ChangePolicy::approve)});
  until_polled("b.test", 1);

  EXPECT_FALSE(held("b.test")) << "nobody may be served it";
  EXPECT_TRUE(waiting("b.test"));
  EXPECT_EQ(status("b.test").state, RelationshipState::held);
  EXPECT_EQ(*status("b.test").attempts.next_attempt - clock.now(), 300s) << "the peer has answered";

  ASSERT_TRUE(run(io, operators->approve(domain("b.test"), digest_waiting(), actor)));
  EXPECT_TRUE(uses("b.test", b.bundle()));
}

// TB-6: what takes trust away never waits.
TEST_F(Policy, NeverHoldsRemovals) {
  for (const ChangePolicy wanted : {ChangePolicy::overlap, ChangePolicy::approve}) {
    network.at(url).serve(document(both(7)));
    until_polled_by([&] { set({web("b.test")}); });
    until_polled_by([&] { set({with_policy("b.test", wanted)}); });

    serve(b.bundle(8));
    EXPECT_TRUE(uses("b.test", b.bundle()));
    serve(spiffe::Bundle([] {
      spiffe::Bundle none(domain("b.test"));
      none.sequence = 9;
      return none;
    }()));
    EXPECT_EQ(status("b.test").state, RelationshipState::revoked);
    set({});
  }
}

TEST_F(Policy, OfTheConfigurationHoldsForThoseWithoutTheirOwn) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);

  syncer->set_default_policy(ChangePolicy::approve);
  serve(both(8));

  EXPECT_TRUE(waiting("b.test"));
  EXPECT_EQ(status("b.test").policy, ChangePolicy::approve);
}

TEST_F(Policy, AHeldBundleChangesNothingElse) {
  begin(ChangePolicy::overlap);
  const trust::SnapshotPtr before = ledger->current();
  const trust::RecordPtr record = held("b.test");

  serve(b_next.bundle(8));

  const trust::RecordPtr after = held("b.test");
  EXPECT_EQ(after->bundle, record->bundle);
  EXPECT_EQ(after->highest_sequence, record->highest_sequence) << "a held bundle raises no floor";
  EXPECT_EQ(after->changed_at, record->changed_at);
  EXPECT_EQ(status("b.test").sequence, 7U);
  serve(both(8));
  EXPECT_TRUE(uses("b.test", both(8))) << "at the sequence of what was held";
  EXPECT_FALSE(waiting("b.test")) << "what is accepted ends the hold";
}

TEST_F(Policy, AHeldBundleIsHeldOnceHoweverOftenItIsServed) {
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8), "\"eight\"");
  const int writes = stored->writes;
  poll();
  poll();

  EXPECT_EQ(network.at(url).requests().back().etag, "\"eight\"");
  EXPECT_EQ(stored->writes, writes);
  EXPECT_EQ(actions("b.test"), "accepted held");
  EXPECT_EQ(status("b.test").state, RelationshipState::held);
}

TEST_F(Policy, ANewerCandidateReplacesTheHeldOne) {
  const TestAuthority third("b.test", clock.now());
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8));
  const std::string reviewed = digest_waiting();

  serve(third.bundle(9));
  const Status approved = run(io, operators->approve(domain("b.test"), reviewed, actor));

  ASSERT_FALSE(approved);
  EXPECT_EQ(approved.error().code(), Errc::conflict);
  EXPECT_THAT(approved.error().message(), HasSubstr(digest_waiting()));
  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(actions("b.test"), "accepted held held");
}

TEST_F(Policy, ApprovalPutsInUseWhatWasReviewed) {
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8), "\"eight\"");

  ASSERT_TRUE(run(io, operators->approve(domain("b.test"), digest_waiting(), actor)));

  EXPECT_TRUE(uses("b.test", b_next.bundle()));
  EXPECT_FALSE(waiting("b.test"));
  const auto entry = history("b.test").back();
  EXPECT_EQ(entry->action, trust::HistoryAction::approved);
  EXPECT_EQ(entry->by, actor);
  EXPECT_EQ(entry->from.source, url);
  EXPECT_EQ(entry->changes.size(), 2U);
  poll();
  EXPECT_EQ(network.at(url).requests().back().etag, "\"eight\"");
  EXPECT_EQ(status("b.test").state, RelationshipState::current);
  EXPECT_EQ(actions("b.test"), "accepted held approved");
}

TEST_F(Policy, ARejectedBundleIsNotHeldAgain) {
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8), "\"eight\"");

  ASSERT_TRUE(run(io, operators->reject(domain("b.test"), digest_waiting(), actor)));
  EXPECT_FALSE(waiting("b.test"));
  poll();

  EXPECT_EQ(network.at(url).requests().back().etag, "") << "\"not modified\" would hide what the peer serves";
  EXPECT_FALSE(waiting("b.test"));
  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::rejected);
  poll();
  EXPECT_EQ(actions("b.test"), "accepted held rejected refused") << "once, however often it is served";
}

TEST_F(Policy, AnotherOneTakesWhatWaited) {
  begin(ChangePolicy::approve);
  serve(both(8), "\"eight\"");

  until_polled_by([&] { set({with_policy("b.test", ChangePolicy::overlap)}); });

  EXPECT_TRUE(uses("b.test", both(8)));
  EXPECT_FALSE(waiting("b.test"));
}

TEST_F(Policy, OfTheConfigurationThatIsLaxerTakesWhatWaitedAfterA304) {
  syncer->set_default_policy(ChangePolicy::overlap);
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);
  serve(b_next.bundle(8), "\"eight\"");
  ASSERT_TRUE(waiting("b.test"));

  syncer->set_default_policy(ChangePolicy::accept);
  poll();

  EXPECT_EQ(network.at(url).requests().back().etag, "\"eight\"");
  EXPECT_TRUE(uses("b.test", b_next.bundle()));
}

TEST_F(Policy, HoldsOverARestart) {
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8));
  const std::string digest = digest_waiting();
  close();

  open();
  until_polled_by([&] { set({with_policy("b.test", ChangePolicy::overlap)}); });

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(digest_waiting(), digest);
  EXPECT_EQ(status("b.test").state, RelationshipState::held);
  EXPECT_EQ(actions("b.test"), "accepted held");
  ASSERT_TRUE(run(io, operators->approve(domain("b.test"), digest, actor)));
  EXPECT_TRUE(uses("b.test", b_next.bundle()));
}

TEST_F(Policy, IsLessThanTheOperatorsWord) {
  begin(ChangePolicy::overlap);
  serve(b_next.bundle(8), "\"eight\"");

  until_polled_by([&] { ASSERT_TRUE(run(io, syncer->accept_next(domain("b.test"), "I called them", actor))); });

  EXPECT_TRUE(uses("b.test", b_next.bundle()));
  EXPECT_EQ(actions("b.test"), "accepted held accept_next accepted");
  EXPECT_THAT(history("b.test").back()->reason, HasSubstr("I called them"));
}

}  // namespace
}  // namespace entente::test
