#include "common/trust/decision.hpp"
#include "tests/common/store/ledger_fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;

TEST_F(LedgerTest, PutsARecordInUseUnderTheNextRevision) {
  open();

  const auto first = apply({.x509 = {"A"}}, 0);
  const auto second = apply({.x509 = {"A", "B"}}, 1);

  EXPECT_EQ(first->record->revision, 1U);
  EXPECT_TRUE(first->persisted);
  EXPECT_EQ(second->record->revision, 2U);
  EXPECT_EQ(visible(), second->record);
  EXPECT_EQ(control->stored().at(0).revision, 2U);
  EXPECT_TRUE(ledger->persisted(domain("b.test")));
}

TEST_F(LedgerTest, RefusesAChangeThatWasDecidedOnAnotherRevision) {
  open();
  apply({.x509 = {"A"}}, 0).value();

  for (const std::uint64_t expected : {0U, 2U}) {
    const auto result = apply({.x509 = {"B"}}, expected);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::conflict);
    EXPECT_EQ(result.error().message(), "ledger: b.test is at revision 1, not " + std::to_string(expected));
  }
  EXPECT_EQ(batches(), 1U);
}

TEST_F(LedgerTest, CountsAChangeThatIsStillBeingWrittenAsTheRevisionToExpect) {
  open();
  control->hang();
  const auto first = begin({.x509 = {"A"}}, 0);
  const auto stale = finish(begin({.x509 = {"B"}}, 0));
  const auto second = begin({.x509 = {"A", "B"}}, 1);
  control->release();

  EXPECT_EQ(stale.error().code(), Errc::conflict);
  EXPECT_EQ(finish(first)->record->revision, 1U);
  EXPECT_EQ(finish(second)->record->revision, 2U);
  EXPECT_EQ(visible()->revision, 2U);
}

// FC-14
TEST_F(LedgerTest, NeverPutsARecordInUseForAnotherTrustDomain) {
  open();
  const auto record = fetched(make_bundle({.x509 = {"A"}, .trust_domain = "c.test"}), clock.now());
  const auto result = spawn("b.test", 0, record);

  EXPECT_EQ(finish(result).error().code(), Errc::internal);
  EXPECT_TRUE(ledger->current()->records.empty());
}

TEST_F(LedgerTest, ShowsAnAcceptedBundleOnlyWhenTheStoreHoldsIt) {
  open();
  control->hang();
  const auto result = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));
  io.poll();
  EXPECT_EQ(visible(), nullptr);
  EXPECT_EQ(ledger->health().unwritten, 0U);

  control->release();
  EXPECT_TRUE(finish(result)->persisted);
  EXPECT_EQ(visible()->revision, 1U);
}

TEST_F(LedgerTest, LoadsWhatTheStoreHeld) {
  control->write_as_somebody_else(fetched(make_bundle({.x509 = {"A"}, .trust_domain = "z.test"}), clock.now()), 0);
  control->write_as_somebody_else(fetched(make_bundle({.x509 = {"A"}, .trust_domain = "a.test"}), clock.now()), 0);
  own = domain("a.test");

  open();

  EXPECT_EQ(ledger->current()->own_record()->trust_domain().name(), "a.test");
  EXPECT_NE(visible("z.test"), nullptr);
  EXPECT_TRUE(apply({.x509 = {"B"}, .trust_domain = "z.test"}, 1)->persisted);
}

TEST_F(LedgerTest, WritesWhatCameWhileTheStoreWasBusyAsOneTransaction) {
  open();
  control->hang();
  std::vector<ApplyResult> results = {begin({.x509 = {"A"}, .trust_domain = "p0.test"}, 0)};
  ASSERT_TRUE(control->writes_begun(1));
  for (int i = 1; i <= 50; ++i)
    results.push_back(begin({.x509 = {"A"}, .trust_domain = "p" + std::to_string(i) + ".test"}, 0));
  control->release();
  for (const auto& result : results) EXPECT_TRUE(finish(result)->persisted);

  ASSERT_EQ(batches(), 2U);
  EXPECT_EQ(control->batches()[0].changes.size(), 1U);
  EXPECT_EQ(control->batches()[1].changes.size(), 50U);
}

TEST_F(LedgerTest, PublishesABatchAsOneSnapshotSoThatNobodySeesHalfOfIt) {
  open();
  std::vector<std::size_t> sizes;
  const auto subscription =
      ledger->feed().subscribe([&](const trust::SnapshotPtr& snapshot) { sizes.push_back(snapshot->records.size()); });
  control->hang();
  std::vector<ApplyResult> results = {begin({.x509 = {"A"}, .trust_domain = "p0.test"}, 0)};
  ASSERT_TRUE(control->writes_begun(1));
  for (const char* name : {"p1.test", "p2.test", "p3.test"})
    results.push_back(begin({.x509 = {"A"}, .trust_domain = name}, 0));
  control->release();
  for (const auto& result : results) finish(result).value();

  EXPECT_THAT(sizes, testing::ElementsAre(1, 4));
}

TEST_F(LedgerTest, WritesOnlyTheNewestOfATrustDomainFromWhatTheStoreHeld) {
  open();
  apply({.x509 = {"A"}}, 0).value();
  control->hang();
  const auto other = begin({.x509 = {"A"}, .trust_domain = "c.test"}, 0);
  ASSERT_TRUE(control->writes_begun(2));
  const auto second = begin({.x509 = {"A", "B"}}, 1);
  const auto third = begin({.x509 = {"A", "B", "C"}}, 2);
  control->release();

  EXPECT_TRUE(finish(second)->persisted);
  EXPECT_TRUE(finish(third)->persisted);
  const auto last = control->batches().back().changes;
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].expected_revision, 1U);
  EXPECT_EQ(last[0].record->revision, 3U);
}

TEST_F(LedgerTest, SpendsNoWriteOnAnUnchangedFetch) {
  open();
  apply({.x509 = {"A"}, .sequence = 7}, 0).value();
  const auto version = ledger->current()->version;

  const trust::Candidate candidate{make_bundle({.x509 = {"A"}, .sequence = 7}), {"https://b.example/"}};
  const auto decision = trust::decide_fetched(clock.now() + 1h, visible().get(), candidate, trust::Rules());

  EXPECT_TRUE(std::holds_alternative<trust::Unchanged>(decision));
  EXPECT_EQ(batches(), 1U);
  EXPECT_EQ(ledger->current()->version, version);
}

// FC-16
TEST_F(LedgerTest, WithdrawsATrustDomainAndTakesItUpAnew) {
  open();
  apply({.x509 = {"A"}}, 0).value();

  const auto withdrawn = finish(begin_withdrawal("b.test", 1));
  EXPECT_EQ(withdrawn->record, nullptr);
  EXPECT_TRUE(withdrawn->persisted);
  EXPECT_EQ(visible(), nullptr);
  EXPECT_TRUE(control->stored().empty());

  EXPECT_EQ(apply({.x509 = {"B"}}, 0)->record->revision, 1U);
  EXPECT_EQ(control->stored().size(), 1U);
}

// A candidate that waits is no trust: readers of what is in use never see it.
TEST_F(LedgerTest, KeepsWhatWaitsApartFromWhatIsInUse) {
  auto waiting = fetched(make_bundle({}), clock.now());
  waiting.origin = trust::Origin::none;
  waiting.held = trust::HeldBundle{make_bundle({.x509 = {"A"}}), "digest", trust::Origin::fetched, {}, clock.now(), ""};
  open();

  EXPECT_TRUE(finish(spawn("b.test", 0, waiting))->persisted);

  EXPECT_EQ(visible(), nullptr);
  EXPECT_EQ(ledger->current()->find_any(domain("b.test"))->revision, 1U);
  close();
  open();
  EXPECT_EQ(visible(), nullptr);
  EXPECT_EQ(ledger->current()->find_any(domain("b.test"))->held->digest, "digest");
  EXPECT_EQ(apply({.x509 = {"A"}}, 1)->record->revision, 2U);
  EXPECT_EQ(visible()->revision, 2U);
}

TEST_F(LedgerTest, HasNothingToWithdrawWhereNothingIsHeld) {
  open();
  EXPECT_TRUE(finish(begin_withdrawal("b.test", 0)));
  EXPECT_EQ(finish(begin_withdrawal("b.test", 4)).error().code(), Errc::conflict);
  EXPECT_EQ(batches(), 0U);
}

}  // namespace
}  // namespace entente::test
