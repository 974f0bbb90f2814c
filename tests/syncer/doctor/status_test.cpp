#include "tests/syncer/doctor/fixture.hpp"

namespace entente::test {
namespace {

using syncer::doctor::ErrorFact;
using syncer::doctor::HeldFact;
using syncer::doctor::OurSide;
using testing::ElementsAre;
using testing::IsEmpty;

class StatusFindings : public DoctorTest {
 protected:
  RelationshipFacts current() const { return spiffe_relationship("https://b.example/"); }
  std::vector<Finding> judge(const RelationshipFacts& facts, const OurSide& our_side = {}) const {
    Findings findings("b.test");
    examine_status(clock.now(), facts, our_side, findings);
    return findings.all();
  }
  std::vector<Finding> judge_state(const std::string& state) const {
    RelationshipFacts facts = current();
    facts.state = state;
    facts.last_error = ErrorFact{"http_status", "the endpoint answered 500"};
    facts.consecutive_failures = 3;
    return judge(facts);
  }
};

TEST_F(StatusFindings, AreAllGoodForACurrentRelationship) { EXPECT_THAT(complaints(judge(current())), IsEmpty()); }

TEST_F(StatusFindings, SayWhatIsBehindEachState) {
  for (const char* state : {"pending", "revoked", "expired", "stale", "failing"}) {
    const auto findings = judge_state(state);
    ASSERT_THAT(complaints(findings), ElementsAre("state")) << state;
    EXPECT_EQ(findings.front().severity, Severity::problem) << state;
    EXPECT_TRUE(findings.front().what.starts_with(state)) << findings.front().what;
  }
  EXPECT_THAT(said(judge_state("failing"), "state"), HasSubstr("3 failure(s) since"));
  EXPECT_THAT(said(judge_state("stale"), "state"), HasSubstr("http_status: the endpoint answered 500"));
}

TEST_F(StatusFindings, WarnOfARelationshipThatWaitsForItsFirstPoll) {
  RelationshipFacts facts = current();
  facts.state = "pending";
  EXPECT_THAT(said(judge(facts), "state"), HasSubstr("warning: pending"));
}

TEST_F(StatusFindings, NameTheCommandThatApprovesWhatWaits) {
  RelationshipFacts facts = current();
  facts.state = "held";
  facts.held = HeldFact{"abc123", "policy overlap: no X.509 authority in common", clock.now() - 2h};
  const auto findings = judge(facts);
  EXPECT_THAT(complaints(findings), ElementsAre("held"));
  EXPECT_THAT(said(findings, "held"), HasSubstr("no X.509 authority in common"));
  EXPECT_THAT(said(findings, "held"), HasSubstr("entente federation approve b.test --digest abc123"));
}

TEST_F(StatusFindings, RepeatEachWarningOfTheStatus) {
  RelationshipFacts facts = current();
  facts.warnings = {"sequence_reused", "sequence_missing", "not_persisted", "something_new"};
  EXPECT_THAT(complaints(judge(facts)),
              ElementsAre("sequence_reused", "sequence_missing", "not_persisted", "something_new"));
}

TEST_F(StatusFindings, TellOfARollBackUntilSomethingElseCame) {
  RelationshipFacts facts = current();
  facts.events = {{clock.now() - 3h, "accepted", 9, ""}, {clock.now() - 2h, "rolled_back", 7, "bad rotation"}};
  EXPECT_THAT(said(judge(facts), "rolled_back"), HasSubstr("warning: "));
  EXPECT_THAT(said(judge(facts), "rolled_back"), HasSubstr("bad rotation"));

  facts.events.push_back({clock.now() - 1h, "accepted", 10, ""});
  EXPECT_THAT(complaints(judge(facts)), IsEmpty());
}

TEST_F(StatusFindings, TellOfWhatWasRefusedInTheLastDay) {
  RelationshipFacts facts = current();
  facts.events = {{clock.now() - 48h, "refused", 3, "long ago"}, {clock.now() - 1h, "refused", 4, "sequence 4 < 7"}};
  EXPECT_THAT(said(judge(facts), "refused_lately"), HasSubstr("warning: 1 bundle(s) refused"));
  EXPECT_THAT(said(judge(facts), "refused_lately"), HasSubstr("sequence 4 < 7"));

  facts.events.push_back({clock.now() - 1min, "accepted", 10, ""});
  EXPECT_THAT(said(judge(facts), "refused_lately"), HasSubstr("ok: "));
}

TEST_F(StatusFindings, WarnWhenTheLastAuthorityIsNearItsEnd) {
  const RelationshipFacts facts = current();  // its authority lasts 25 h, to 24 h from now
  clock.advance(21h);
  EXPECT_THAT(said(judge(facts), "expiry"), HasSubstr("warning: the last X.509 authority in use ends in 3 h"));
  clock.advance(4h);
  EXPECT_THAT(said(judge(facts), "expiry"), HasSubstr("problem: the last X.509 authority in use ended"));
}

TEST_F(StatusFindings, WarnOfAHintBelowTheFloorWhereTheFloorIsKnown) {
  OurSide our_side;
  EXPECT_EQ(find(judge(current(), our_side), "refresh_hint"), nullptr);
  our_side.polling_known = true;
  EXPECT_THAT(said(judge(current(), our_side), "refresh_hint"), HasSubstr("ok: polled every 5 min"));
  our_side.polling.floor = 10min;
  EXPECT_THAT(said(judge(current(), our_side), "refresh_hint"), HasSubstr("warning: "));
}

}  // namespace
}  // namespace entente::test
