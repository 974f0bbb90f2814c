// What operators decide: each decision through the ledger, on record with who and why.
#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using trust::HistoryAction;

class Operators : public SyncerTest {
 protected:
  // Accepted: b of sequence 7 (entry 1), then b_next of sequence 8 (entry 2).
  void begin() {
    network.at(url).serve(document(b.bundle(7)), "\"seven\"");
    set({web("b.test")});
    until_polled("b.test", 1);
    serve(b_next.bundle(8), "\"eight\"");
  }
  void serve(const spiffe::Bundle& bundle, const std::string& etag = "") {
    network.at(url).serve(document(bundle), etag);
    poll();
  }
  void poll() {
    until_polled_by([&] { advance(5min); });
  }
  static spiffe::BundlePtr shared(spiffe::Bundle bundle) {
    return std::make_shared<const spiffe::Bundle>(std::move(bundle));
  }
  Status rollback(std::uint64_t number) {
    return run(io, operators->rollback(domain("b.test"), number, "their new CA is broken", actor));
  }
};

TEST_F(Operators, RollBackToARecordedBundle) {
  begin();

  ASSERT_TRUE(rollback(1));

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(held("b.test")->highest_sequence, 8U) << "the floor stays";
  const auto entry = history("b.test").back();
  EXPECT_EQ(entry->action, HistoryAction::rolled_back);
  EXPECT_EQ(entry->by, actor);
  EXPECT_EQ(entry->reason, "their new CA is broken");
}

TEST_F(Operators, RollBackHoldsUntilAHigherSequenceComes) {
  begin();
  ASSERT_TRUE(rollback(1));

  poll();
  EXPECT_EQ(network.at(url).requests().back().etag, "") << "\"not modified\" would hide what the peer serves";
  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(status("b.test").attempts.last_error->code(), Errc::sequence_older);
  serve(b_next.bundle(9));

  EXPECT_TRUE(uses("b.test", b_next.bundle()));
  EXPECT_EQ(actions("b.test"), "accepted accepted rolled_back refused accepted");
}

TEST_F(Operators, RollBackEndsByTheOperatorsWord) {
  begin();
  ASSERT_TRUE(rollback(1));

  until_polled_by([&] { ASSERT_TRUE(run(io, syncer->accept_next(domain("b.test"), "they were right", actor))); });

  EXPECT_TRUE(uses("b.test", b_next.bundle()));
}

TEST_F(Operators, RollBackDuringAPollStands) {
  begin();
  network.at(url).hang();
  advance(5min);
  until([&] { return network.at(url).under_way() == 1; });

  ASSERT_TRUE(rollback(1));
  network.at(url).serve(document(b_next.bundle(8)), "\"eight\"");
  advance(policy.timeout);
  poll();

  EXPECT_TRUE(uses("b.test", b.bundle()));
}

TEST_F(Operators, RollBackSaysWhatItCannotDo) {
  begin();
  serve(b_next.bundle(6));
  const Status unknown = rollback(99);
  const Status refused = rollback(3);
  const Status in_use = rollback(2);
  const Status nobody = run(io, operators->rollback(domain("c.test"), 1, "why not", actor));

  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  EXPECT_THAT(unknown.error().message(), HasSubstr("entry 99"));
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  EXPECT_THAT(refused.error().message(), HasSubstr("refused"));
  EXPECT_EQ(in_use.error().code(), Errc::invalid_argument);
  EXPECT_EQ(nobody.error().code(), Errc::not_found);
}

// What was only held was never trusted: it takes an approval, not a roll-back.
TEST_F(Operators, RollBackToNothingThatWasNeverInUse) {
  network.at(url).serve(document(b.bundle(7)));
  set({with_policy("b.test", trust::ChangePolicy::approve)});
  until_polled("b.test", 1);

  const Status rolled = rollback(1);

  EXPECT_EQ(rolled.error().code(), Errc::invalid_argument);
  EXPECT_FALSE(held("b.test"));
}

TEST_F(Operators, SayWhatTheyCannotApproveOrReject) {
  begin();
  const Status nothing = run(io, operators->approve(domain("b.test"), "00", actor));
  const Status unknown = run(io, operators->reject(domain("c.test"), "00", actor));

  EXPECT_EQ(nothing.error().code(), Errc::not_found);
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
}

TEST_F(Operators, GiveABundleOfATrustDomainThatIsNeverPolled) {
  ASSERT_TRUE(run(io, operators->give(b.shared_bundle(), actor)));

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(held("b.test")->origin, trust::Origin::given);
  const auto entry = history("b.test").back();
  EXPECT_EQ(entry->action, HistoryAction::given);
  EXPECT_EQ(entry->by, actor);
  EXPECT_EQ(entry->from.source, "admin API");
  ASSERT_TRUE(run(io, operators->give(b.shared_bundle(), actor)));
  EXPECT_EQ(actions("b.test"), "given") << "the same again changes nothing";
}

// An https_spiffe relationship whose bootstrap bundle comes later.
TEST_F(Operators, GiveWhatAnEndpointCanBeValidatedWith) {
  network.at(url).serve(document(b.bundle(7)));
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", nullptr)});
  until([&] { return status("b.test").attempts.last_error.has_value(); });
  ASSERT_EQ(status("b.test").state, trust::RelationshipState::pending);

  ASSERT_TRUE(run(io, operators->give(b.shared_bundle(), actor)));
  EXPECT_EQ(status("b.test").state, trust::RelationshipState::pending);
  advance(30s);
  until_polled("b.test", 1);

  EXPECT_EQ(status("b.test").state, trust::RelationshipState::current);
  EXPECT_EQ(actions("b.test"), "given accepted");
}

TEST_F(Operators, ImportThroughTheRulesOfTheRelationship) {
  begin();
  const trust::Provenance file{"b.jws", "", "5e1f"};
  const trust::Rules overlap{trust::SequenceRule::warn, trust::ChangePolicy::overlap};

  const auto older = run(io, operators->import(shared(b.bundle(6)), file, overlap, actor));
  const auto held_back = run(io, operators->import(shared(b.bundle(9)), file, overlap, actor));
  const auto same = run(io, operators->import(shared(b_next.bundle(8)), file, overlap, actor));
  const auto taken = run(io, operators->import(shared(b.bundle(10)), file, trust::Rules{}, actor));

  EXPECT_TRUE(std::holds_alternative<trust::Refuse>(older.value()));
  EXPECT_TRUE(std::holds_alternative<trust::Hold>(held_back.value()));
  EXPECT_TRUE(std::holds_alternative<trust::Unchanged>(same.value()));
  EXPECT_TRUE(std::holds_alternative<trust::Accept>(taken.value()));
  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(held("b.test")->origin, trust::Origin::imported);
  EXPECT_EQ(actions("b.test"), "accepted accepted refused held accepted");
  for (const auto& entry : {history("b.test")[2], history("b.test")[3], history("b.test")[4]}) {
    EXPECT_EQ(entry->by, actor);
    EXPECT_EQ(entry->from, file);
  }
}

TEST_F(Operators, WithdrawWhatIsInUse) {
  ASSERT_TRUE(run(io, operators->give(b.shared_bundle(), actor)));

  ASSERT_TRUE(run(io, operators->withdraw(domain("b.test"), false, "a mistake", actor)));
  const Status again = run(io, operators->withdraw(domain("b.test"), false, "a mistake", actor));

  EXPECT_FALSE(held("b.test"));
  EXPECT_EQ(again.error().code(), Errc::not_found);
  EXPECT_EQ(actions("b.test"), "given withdrawn");
  EXPECT_EQ(history("b.test").back()->reason, "a mistake");
}

TEST_F(Operators, WithdrawWhatARelationshipThenFetchesAnew) {
  begin();
  ASSERT_TRUE(run(io, operators->withdraw(domain("b.test"), true, "fetch it anew", actor)));
  EXPECT_FALSE(held("b.test"));

  poll();

  EXPECT_EQ(network.at(url).requests().back().etag, "");
  EXPECT_TRUE(uses("b.test", b_next.bundle()));
}

TEST_F(Operators, DecideNothingAboutOurOwnTrustDomain) {
  const auto own = TestAuthority("own.test", clock.now()).shared_bundle();
  const std::vector<Status> refusals = {
      run(io, operators->give(own, actor)),
      run(io, operators->withdraw(domain("own.test"), false, "why not", actor)),
      run(io, operators->approve(domain("own.test"), "00", actor)),
      run(io, operators->reject(domain("own.test"), "00", actor)),
      run(io, operators->rollback(domain("own.test"), 1, "why not", actor)),
  };
  const auto imported = run(io, operators->import(own, {}, {}, actor));

  for (const Status& refusal : refusals) {
    ASSERT_FALSE(refusal);
    EXPECT_EQ(refusal.error().code(), Errc::invalid_argument);
  }
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().code(), Errc::invalid_argument);
  EXPECT_FALSE(held("own.test"));
}

}  // namespace
}  // namespace entente::test
