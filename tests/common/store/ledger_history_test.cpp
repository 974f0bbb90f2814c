#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/store/sqlite_store.hpp"
#include "tests/common/store/ledger_fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using trust::HistoryAction;

const Error disk_full(Errc::store, "store: entente.db: database or disk is full");

class LedgerHistoryTest : public LedgerTest {
 protected:
  ApplyResult begin_with_event(std::uint64_t expected_revision, const BundleSpec& spec, HistoryAction action,
                               std::uint64_t sequence) {
    return spawn(spec.trust_domain, expected_revision, fetched(make_bundle(spec), clock.now()),
                 event_of(spec.trust_domain, action, sequence));
  }
  void note(std::uint64_t sequence, const std::string& trust_domain = "b.test") {
    ledger->note(event_of(trust_domain, HistoryAction::refused, sequence));
    io.poll();
  }
  bool all_written() {
    return run_until([&] { return ledger->health().unwritten_events == 0; });
  }
};

TEST_F(LedgerHistoryTest, WritesAnEventInTheTransactionOfItsChange) {
  open();

  EXPECT_TRUE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 7))->persisted);

  ASSERT_EQ(batches(), 1U);
  EXPECT_EQ(control->batches()[0].changes.size(), 1U);
  ASSERT_EQ(control->batches()[0].events.size(), 1U);
  EXPECT_EQ(control->batches()[0].events[0]->number, 1U);
  EXPECT_EQ(control->batches()[0].events[0]->at, clock.now());
  EXPECT_THAT(sequences(history()), ElementsAre(7));
}

TEST_F(LedgerHistoryTest, KeepsTheTimeThatAnEventHas) {
  open();
  auto event = event_of("b.test", HistoryAction::refused);
  event.at = clock.now() - 1h;
  ledger->note(event);
  EXPECT_EQ(history().at(0)->at, clock.now() - 1h);
}

TEST_F(LedgerHistoryTest, RefusesAnEventOfAnotherTrustDomain) {
  open();
  const auto result = spawn("b.test", 0, fetched(make_bundle({.x509 = {"A"}}), clock.now()),
                            event_of("c.test", HistoryAction::accepted));
  EXPECT_EQ(finish(result).error().code(), Errc::internal);
  EXPECT_EQ(batches(), 0U);
}

TEST_F(LedgerHistoryTest, PutsNothingOnRecordForAChangeThatLostTheRace) {
  open();
  EXPECT_TRUE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 1)));
  EXPECT_FALSE(finish(begin_with_event(0, {.x509 = {"B"}}, HistoryAction::accepted, 2)));
  EXPECT_THAT(sequences(history()), ElementsAre(1));
}

TEST_F(LedgerHistoryTest, WritesEveryEventOfChangesThatCollapseToTheNewest) {
  open();
  control->hang();
  note(1, "c.test");
  ASSERT_TRUE(control->writes_begun(1));
  const auto first = begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 1);
  note(2);
  const auto second = begin_with_event(1, {.x509 = {"A", "B"}}, HistoryAction::accepted, 3);
  control->release();

  EXPECT_TRUE(finish(first)->persisted);
  EXPECT_TRUE(finish(second)->persisted);
  ASSERT_EQ(batches(), 2U);
  EXPECT_EQ(control->batches()[1].changes.size(), 1U);
  EXPECT_THAT(sequences(control->batches()[1].events), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers(control->stored_history("b.test")), ElementsAre(1, 2, 3));
}

TEST_F(LedgerHistoryTest, GoesOnNumberingWhereTheStoreEnded) {
  open();
  EXPECT_TRUE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 1)));
  EXPECT_TRUE(finish(spawn("b.test", 1, std::nullopt, event_of("b.test", HistoryAction::withdrawn, 2))));
  note(3);
  ASSERT_TRUE(all_written());
  close();
  open();
  note(4);

  EXPECT_THAT(numbers(history()), ElementsAre(1, 2, 3, 4));
}

TEST_F(LedgerHistoryTest, ShowsWhatIsUnwrittenAndWritesItInOrderAfterARecovery) {
  open();
  note(1);
  ASSERT_TRUE(all_written());
  control->refuse_with(disk_full);
  EXPECT_FALSE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 2))->persisted);
  note(3);
  note(4, "c.test");
  EXPECT_THAT(sequences(history()), ElementsAre(1, 2, 3));
  EXPECT_THAT(sequences(history("b.test", {0, 100, 2})), ElementsAre(2, 3));
  EXPECT_EQ(ledger->health().unwritten_events, 3U);
  EXPECT_EQ(sequences(control->stored_history("b.test")).size(), 1U);

  control->refuse_with(std::nullopt);
  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
  advance(1s);

  ASSERT_TRUE(all_written());
  EXPECT_THAT(sequences(control->batches().back().events), ElementsAre(2, 3, 4));
  EXPECT_THAT(numbers(control->stored_history("b.test")), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers(control->stored_history("c.test")), ElementsAre(1));
  EXPECT_EQ(ledger->health().last_error, std::nullopt);
}

TEST_F(LedgerHistoryTest, SaysThatRefusalsAreNotOnDiskAndLetsThemNotSetThePace) {
  testing::internal::CaptureStderr();
  open();
  control->refuse_with(disk_full);
  note(1);
  ASSERT_TRUE(run_until([&] { return ledger->health().last_error == disk_full; }));
  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
  const std::size_t tries = batches();
  for (int i = 0; i < 100; ++i) note(2);
  EXPECT_EQ(batches(), tries);

  advance(clock.until_next());
  ASSERT_TRUE(run_until([&] { return batches() == tries + 1; }));
  EXPECT_EQ(control->batches().back().events.size(), 101U);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("store refused history entries"));
}

TEST_F(LedgerHistoryTest, BoundsWhatIsUnwrittenAndSaysWhatWasLost) {
  testing::internal::CaptureStderr();
  open();
  control->refuse_with(disk_full);
  EXPECT_FALSE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 1))->persisted);
  for (std::uint64_t i = 0; i < 10'004; ++i) ledger->note(event_of("b.test", HistoryAction::refused, 2));
  EXPECT_EQ(ledger->health().unwritten_events, 10'000U);
  EXPECT_EQ(ledger->health().lost_events, 5U);

  control->refuse_with(std::nullopt);
  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
  advance(1s);

  ASSERT_TRUE(all_written());
  EXPECT_EQ(control->batches().back().events.front()->action, HistoryAction::accepted);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("lost=1"));
  EXPECT_THAT(text, HasSubstr("lost=5"));
}

TEST_F(LedgerHistoryTest, RecordsWhatTookEffectThoughSomebodyElseWroteTheRecord) {
  open();
  EXPECT_TRUE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 1)));
  auto foreign = *visible();
  foreign.revision = 7;
  control->write_as_somebody_else(foreign, 1);
  control->hang();
  note(9, "d.test");
  ASSERT_TRUE(control->writes_begun(2));
  const auto contested = begin_with_event(1, {.x509 = {"A", "B"}}, HistoryAction::accepted, 2);
  const auto peer = begin_with_event(0, {.x509 = {"A"}, .trust_domain = "c.test"}, HistoryAction::accepted, 3);
  note(4, "d.test");
  control->release();

  EXPECT_FALSE(finish(contested)->persisted);
  EXPECT_TRUE(finish(peer)->persisted);
  ASSERT_TRUE(all_written());
  EXPECT_THAT(sequences(control->stored_history("b.test")), ElementsAre(1, 2));
  EXPECT_THAT(sequences(control->stored_history("c.test")), ElementsAre(3));
  EXPECT_THAT(sequences(control->stored_history("d.test")), ElementsAre(9, 4));
}

TEST_F(LedgerHistoryTest, WritesAtTheEndWhatIsUnwritten) {
  open();
  control->refuse_with(disk_full);
  note(1);
  ASSERT_TRUE(run_until([&] { return ledger->health().last_error.has_value(); }));
  control->refuse_with(std::nullopt);

  close();

  EXPECT_THAT(sequences(control->stored_history("b.test")), ElementsAre(1));
}

TEST_F(LedgerHistoryTest, GivesUpAReadThatTakesTooLongAndGoesOnMeanwhile) {
  open();
  control->hang_reads();
  const auto hung = begin_history("b.test");
  ASSERT_TRUE(control->reads_begun(1));
  const auto queued = begin_history("b.test");
  EXPECT_TRUE(finish(begin_with_event(0, {.x509 = {"A"}}, HistoryAction::accepted, 1))->persisted);

  advance(5s);
  EXPECT_EQ(finish(hung).error().code(), Errc::store);
  EXPECT_THAT(finish(queued).error().message(), HasSubstr("five seconds"));
  control->release();

  EXPECT_THAT(sequences(history()), ElementsAre(1));
  EXPECT_EQ(control->reads(), 2U);  // nobody waited for the second any more
}

TEST_F(LedgerHistoryTest, PassesOnWhyAHistoryCannotBeRead) {
  open();
  control->refuse_reads_with(Error(Errc::store, "store: entente.db: disk I/O error"));
  EXPECT_THAT(finish(begin_history("b.test")).error().message(), HasSubstr("disk I/O error"));
}

TEST_F(LedgerHistoryTest, MayGoWhileAReaderWaits) {
  open();
  control->hang_reads();
  const auto reading = begin_history("b.test");
  ASSERT_TRUE(control->reads_begun(1));
  cancels.back().emit(boost::asio::cancellation_type::terminal);
  control->release();
  close();
  io.poll();
}

TEST_F(LedgerHistoryTest, PrunesAtOnceAndThenDaily) {
  open();
  for (const std::uint64_t sequence : {1U, 2U, 3U}) note(sequence);
  ASSERT_TRUE(all_written());

  ledger->set_history_limits({2, 24h * 365});
  ASSERT_TRUE(run_until([&] { return control->prunings().size() == 1; }));
  EXPECT_THAT(sequences(history()), ElementsAre(2, 3));

  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
  advance(23h);
  EXPECT_EQ(control->prunings().size(), 1U);
  advance(1h);
  ASSERT_TRUE(run_until([&] { return control->prunings().size() == 2; }));

  ledger->set_history_limits({2, 1h});
  ASSERT_TRUE(run_until([&] { return control->prunings().size() == 3; }));
  EXPECT_TRUE(history().empty());
  ASSERT_TRUE(run_until([&] { return clock.sleepers() == 1; }));
}

TEST_F(LedgerHistoryTest, BoundsATrustDomainThatNeverStopsBetweenTwoPrunings) {
  open();
  ledger->set_history_limits({20, 24h * 365});
  for (std::uint64_t sequence = 1; sequence <= 200; ++sequence) {
    note(sequence);
    ASSERT_TRUE(all_written());
    ASSERT_LE(control->stored_history("b.test").size(), 22U);
  }
  EXPECT_EQ(history().back()->number, 200U);
  EXPECT_EQ(control->prunings().size(), 1U);
}

// Each tries again when another was faster, as a poll and an operator's command do.
boost::asio::awaitable<Status> hammer(store::Ledger& ledger, Clock& clock, spiffe::BundlePtr bundle, int rounds) {
  const spiffe::TrustDomain name = bundle->trust_domain;
  for (int done = 0; done < rounds;) {
    const trust::RecordPtr current = ledger.current()->find_any(name);
    const std::uint64_t revision = current ? current->revision : 0;
    std::optional<trust::BundleRecord> record = fetched(bundle, clock.now());
    std::optional<trust::HistoryEntry> event(trust::HistoryEntry(name, HistoryAction::accepted));
    event->sequence = revision + 1;
    const auto applied = co_await ledger.apply(name, revision, std::move(record), std::move(event));
    if (applied)
      ++done;
    else if (applied.error().code() != Errc::conflict)
      co_return applied.error();
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_return ok();
}

TEST_F(LedgerTest, GivesContiguousNumbersToManyWhoChangeOneTrustDomainAtOnce) {
  constexpr int workers = 8, rounds = 25;
  const TempFolder folder;
  const auto reopen = [&] {
    ledger.reset();
    auto sqlite = store::SqliteStore::open(folder / "entente.db").value();
    ledger = store::Ledger::open(io.get_executor(), std::move(sqlite), own, clock, log).value();
  };
  reopen();
  std::vector<Later<Status>> results;
  for (int worker = 0; worker < workers; ++worker)
    results.push_back(start(hammer(*ledger, clock, make_bundle({.x509 = {"A"}}), rounds)));
  for (const auto& result : results) EXPECT_TRUE(finish(result));

  for (const bool opened_again : {false, true}) {
    if (opened_again) reopen();
    const History all = history("b.test", {0, 1'000'000, 1'000'000});
    ASSERT_EQ(all.size(), std::size_t{workers * rounds});
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(all[i]->number, i + 1);
      EXPECT_EQ(all[i]->sequence, i + 1);
    }
    EXPECT_EQ(visible()->revision, std::uint64_t{workers * rounds});
  }
}

}  // namespace
}  // namespace entente::test
