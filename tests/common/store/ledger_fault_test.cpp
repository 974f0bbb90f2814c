#include "tests/common/store/ledger_fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Error disk_full(Errc::store, "store: entente.db: database or disk is full");

std::size_t count(const std::string& text, const std::string& wanted) {
  std::size_t found = 0;
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

TEST_F(LedgerTest, ShowsAnAcceptedBundleAfterTwoSecondsWhileTheStoreHangs) {
  open();
  control->hang();
  const auto result = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));

  advance(1999ms);
  EXPECT_EQ(visible(), nullptr);
  advance(1ms);

  EXPECT_FALSE(finish(result)->persisted);
  EXPECT_EQ(visible()->revision, 1U);
  EXPECT_FALSE(ledger->persisted(domain("b.test")));
  EXPECT_EQ(ledger->health().unwritten, 1U);
  EXPECT_THAT(ledger->health().last_error->message(), HasSubstr("not answered"));

  control->release();
  EXPECT_TRUE(run_until([&] { return ledger->persisted(domain("b.test")); }));
  EXPECT_EQ(ledger->health().last_error, std::nullopt);
}

// FC-16
TEST_F(LedgerTest, WithdrawsAtOnceWhileTheStoreHangs) {
  open();
  apply({.x509 = {"A"}}, 0).value();
  control->hang();

  const auto result = begin_withdrawal("b.test", 1);

  EXPECT_EQ(visible(), nullptr);
  control->release();
  EXPECT_TRUE(finish(result)->persisted);
  EXPECT_TRUE(ledger->persisted(domain("b.test")));
}

TEST_F(LedgerTest, ComplainsOfAWriteOnItsWayOnlyWhenItIsLate) {
  open();
  apply({.x509 = {"A"}}, 0).value();
  control->hang();

  const auto revoked = begin({}, 1);
  ASSERT_TRUE(visible()->bundle->empty());
  advance(1999ms);
  EXPECT_TRUE(ledger->persisted(domain("b.test")));
  advance(1ms);
  EXPECT_FALSE(finish(revoked)->persisted);
  EXPECT_FALSE(ledger->persisted(domain("b.test")));

  control->release();
  EXPECT_TRUE(run_until([&] { return ledger->persisted(domain("b.test")); }));
}

// TB-6
TEST_F(LedgerTest, StopsTrustingAnAuthorityAtOnceWhileTheStoreHangs) {
  open();
  apply({.x509 = {"A", "B"}, .jwt = {"J"}}, 0).value();
  control->hang();

  const auto fewer = begin({.x509 = {"A", "B"}}, 1);
  EXPECT_TRUE(visible()->bundle->jwt_authorities.empty());
  const auto exchanged = begin({.x509 = {"A", "C"}}, 2);
  EXPECT_EQ(visible()->revision, 3U);
  const auto empty = begin({}, 3);
  EXPECT_TRUE(visible()->bundle->empty());

  control->release();
  for (const auto& result : {fewer, exchanged, empty}) EXPECT_TRUE(finish(result)->persisted);
}

// FC-16
TEST_F(LedgerTest, StopsTrustingAtOnceABundleThatIsNoLongerInUseThoughACandidateWaits) {
  open();
  apply({.x509 = {"A"}}, 0).value();
  control->hang();
  auto waiting = fetched(make_bundle({}), clock.now());
  waiting.origin = trust::Origin::none;

  const auto result = spawn("b.test", 1, waiting);

  EXPECT_EQ(visible(), nullptr);
  EXPECT_EQ(ledger->current()->find_any(domain("b.test"))->revision, 2U);
  control->release();
  EXPECT_TRUE(finish(result)->persisted);
}

TEST_F(LedgerTest, NeverBringsBackWhatWasWithdrawnWhenAnEarlierWriteCompletes) {
  open();
  control->hang();
  const auto accepted = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));
  const auto withdrawn = begin_withdrawal("b.test", 1);
  std::vector<bool> seen;
  const auto subscription = ledger->feed().subscribe(
      [&](const trust::SnapshotPtr& snapshot) { seen.push_back(snapshot->find(domain("b.test")) != nullptr); });
  control->release();

  finish(accepted).value();
  EXPECT_TRUE(finish(withdrawn)->persisted);
  EXPECT_THAT(seen, testing::Each(false));
  EXPECT_TRUE(control->stored().empty());
}

TEST_F(LedgerTest, PutsInUseWhatTheStoreRefusesAndRetriesWithBackOff) {
  open();
  control->refuse_with(disk_full);

  const auto result = apply({.x509 = {"A"}}, 0);
  EXPECT_FALSE(result->persisted);
  EXPECT_EQ(visible()->revision, 1U);
  EXPECT_EQ(ledger->health().last_error, disk_full);
  EXPECT_EQ(ledger->health().unwritten, 1U);

  std::size_t tries = 1;
  for (const auto delay : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
    EXPECT_EQ(clock.until_next(), delay);
    advance(delay);
    ASSERT_TRUE(run_until([&] { return batches() == tries + 1; }));
    ++tries;
  }
  control->refuse_with(std::nullopt);
  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
  advance(30s);

  EXPECT_TRUE(run_until([&] { return ledger->persisted(domain("b.test")); }));
  EXPECT_EQ(ledger->health().last_error, std::nullopt);
  EXPECT_EQ(ledger->health().unwritten, 0U);
  EXPECT_TRUE(run_until([&] { return clock.sleepers() == 0; }));
}

TEST_F(LedgerTest, TakesAlongWhatIsUnwrittenWithTheNextChange) {
  open();
  control->refuse_with(disk_full);
  apply({.x509 = {"A"}}, 0).value();
  control->refuse_with(std::nullopt);

  EXPECT_TRUE(apply({.x509 = {"A"}, .trust_domain = "c.test"}, 0)->persisted);

  EXPECT_TRUE(ledger->persisted(domain("b.test")));
  EXPECT_EQ(control->batches().back().changes.size(), 2U);
}

TEST_F(LedgerTest, BeginsItsBackOffAnewAfterARecovery) {
  open();
  control->refuse_with(disk_full);
  apply({.x509 = {"A"}}, 0).value();
  advance(1s);
  ASSERT_TRUE(run_until([&] { return batches() == 2; }));
  control->refuse_with(std::nullopt);
  apply({.x509 = {"A", "B"}}, 1).value();

  control->refuse_with(disk_full);
  apply({.x509 = {"A", "B", "C"}}, 2).value();

  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
  EXPECT_EQ(clock.until_next(), 1s);
}

TEST_F(LedgerTest, SaysOnceWhatIsAtStakeAndOnceThatItIsOver) {
  testing::internal::CaptureStderr();
  open();
  control->refuse_with(disk_full);
  apply({.x509 = {"A"}}, 0).value();
  // The sleeper may still be the one who waited for the first answer.
  ASSERT_TRUE(run_until([&] {
    if (clock.sleepers() > 0) advance(clock.until_next());
    return batches() >= 3;
  }));
  control->refuse_with(std::nullopt);
  apply({.x509 = {"A"}, .trust_domain = "c.test"}, 0).value();

  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(text, "store refused"), 1U) << text;
  EXPECT_EQ(count(text, "b.test"), 1U) << text;
  EXPECT_THAT(text, HasSubstr("disk is full"));
  EXPECT_EQ(count(text, "store holds everything again"), 1U) << text;
}

TEST_F(LedgerTest, SurfacesAForeignWriterAndGoesOnWritingTheOthers) {
  open();
  apply({.x509 = {"A"}}, 0).value();
  control->write_as_somebody_else(*visible(), 1);
  auto foreign = *visible();
  foreign.revision = 7;
  control->write_as_somebody_else(foreign, 1);
  control->hang();
  const auto other = begin({.x509 = {"A"}, .trust_domain = "a.test"}, 0);
  ASSERT_TRUE(control->writes_begun(2));

  const auto contested = begin({.x509 = {"A", "B"}}, 1);
  const auto peer = begin({.x509 = {"A"}, .trust_domain = "c.test"}, 0);
  control->release();

  EXPECT_TRUE(finish(other)->persisted);
  EXPECT_TRUE(finish(peer)->persisted);
  EXPECT_FALSE(finish(contested)->persisted);
  EXPECT_EQ(visible()->revision, 2U);
  EXPECT_EQ(ledger->health().last_error->code(), Errc::conflict);
}

TEST_F(LedgerTest, NamesARecordThatCannotBeReadAndKeepsTheOthers) {
  control->write_as_somebody_else(fetched(make_bundle({.x509 = {"A"}, .trust_domain = "c.test"}), clock.now()), 0);
  control->preset.unreadable.push_back({"b.test", 3, Error(Errc::schema, "bundle: keys is missing")});
  testing::internal::CaptureStderr();
  open();

  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("b.test"));
  EXPECT_THAT(text, HasSubstr("keys is missing"));
  EXPECT_THAT(ledger->health().unreadable, testing::ElementsAre("b.test"));
  EXPECT_EQ(visible("b.test"), nullptr);
  EXPECT_NE(visible("c.test"), nullptr);

  // What replaces it expects the revision that is stored.
  control->hang();
  begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));
  control->refuse_with(disk_full);
  control->release();
  ASSERT_TRUE(run_until([&] { return batches() == 1; }));
  EXPECT_EQ(control->batches()[0].changes[0].expected_revision, 3U);
}

// FC-16
TEST_F(LedgerTest, RemovesARecordThatCannotBeReadWhenItsTrustDomainIsWithdrawn) {
  control->preset.unreadable.push_back({"b.test", 3, Error(Errc::schema, "bundle: keys is missing")});
  open();

  finish(begin_withdrawal("b.test", 0)).value();

  ASSERT_EQ(batches(), 1U);
  EXPECT_EQ(control->batches()[0].changes[0].expected_revision, 3U);
  EXPECT_EQ(control->batches()[0].changes[0].record, nullptr);
}

TEST_F(LedgerTest, DoesNotOpenOnAStoreThatCannotBeRead) {
  control->load_error = Error(Errc::store, "store: entente.db: file is not a database");
  const auto opened = store::Ledger::open(io.get_executor(), std::make_unique<FlakyStore>(control), own, clock, log);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("not a database"));
}

TEST_F(LedgerTest, WritesAtTheEndWhatIsUnwritten) {
  open();
  control->refuse_with(disk_full);
  apply({.x509 = {"A"}}, 0).value();
  control->refuse_with(std::nullopt);

  close();

  EXPECT_EQ(control->stored().size(), 1U);
}

TEST_F(LedgerTest, TriesOnlyOnceMoreAtTheEndAndSaysWhatIsLost) {
  open();
  control->refuse_with(disk_full);
  apply({.x509 = {"A"}}, 0).value();

  testing::internal::CaptureStderr();
  close();
  const std::string text = testing::internal::GetCapturedStderr();

  EXPECT_EQ(batches(), 2U);
  EXPECT_THAT(text, HasSubstr("never took"));
  EXPECT_THAT(text, HasSubstr("b.test"));
}

TEST_F(LedgerTest, MayGoWhileCallersWait) {
  open();
  control->hang();
  const auto result = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));
  control->release();

  close();

  EXPECT_TRUE(finish(result)->persisted);
  EXPECT_EQ(control->stored().size(), 1U);
}

TEST_F(LedgerTest, LetsAChangeStandWhoseCallerWasCancelled) {
  open();
  control->hang();
  const auto result = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));

  cancels.back().emit(boost::asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(visible()->revision, 1U);
  control->release();

  EXPECT_TRUE(run_until([&] { return ledger->persisted(domain("b.test")); }));
  EXPECT_EQ(clock.sleepers(), 0U);
}

}  // namespace
}  // namespace entente::test
