#include "common/store/journal.hpp"

#include <gmock/gmock.h>

#include "tests/common/store/ledger_fixture.hpp"

namespace entente::store {
namespace {

using test::domain;
using test::event_of;
using test::numbers;
using test::sequences;
using testing::ElementsAre;
using trust::HistoryAction;

const Error full(Errc::store, "full");

trust::HistoryEntry accepted(std::uint64_t sequence, const std::string& trust_domain = "b.test") {
  return event_of(trust_domain, HistoryAction::accepted, sequence);
}
trust::HistoryEntry refused(std::uint64_t sequence) { return event_of("b.test", HistoryAction::refused, sequence); }

TEST(Journal, NumbersEachTrustDomainFromWhereItsHistoryEnded) {
  Journal journal;
  journal.seed({{domain("b.test"), 41}});

  EXPECT_EQ(journal.add(accepted(1))->number, 42U);
  EXPECT_EQ(journal.add(accepted(1, "c.test"))->number, 1U);
  EXPECT_EQ(journal.add(accepted(1))->number, 43U);
}

TEST(Journal, KeepsWhatTheStoreDidNotTakeAndTriesItAgainInOrder) {
  Journal journal;
  for (const std::uint64_t sequence : {1U, 2U, 3U}) journal.add(accepted(sequence));
  ASSERT_THAT(sequences(journal.take_batch()), ElementsAre(1, 2, 3));
  journal.add(accepted(4));

  journal.settle({ok(), full, ok()});

  EXPECT_THAT(sequences(journal.take_batch()), ElementsAre(2, 4));
  journal.settle({ok(), ok()});
  EXPECT_EQ(journal.size(), 0U);
  EXPECT_EQ(journal.add(accepted(5))->number, 5U);
}

TEST(Journal, GivesUpTheOldestRefusalsFirstAndThenTheOldestOfTheRest) {
  Journal journal(4);
  journal.add(accepted(1));
  journal.add(refused(2));
  journal.add(refused(3));
  journal.add(accepted(4));
  EXPECT_EQ(journal.dropped(), 0U);

  journal.add(accepted(5));
  EXPECT_THAT(sequences(journal.take_batch()), ElementsAre(1, 3, 4, 5));
  journal.settle({full, full, full, full});
  journal.add(accepted(6));
  EXPECT_THAT(sequences(journal.take_batch()), ElementsAre(1, 4, 5, 6));
  journal.settle({full, full, full, full});
  journal.add(accepted(7));

  EXPECT_THAT(sequences(journal.take_batch()), ElementsAre(4, 5, 6, 7));
  EXPECT_EQ(journal.dropped(), 3U);
}

TEST(Journal, CountsNothingAsLostThatWasWrittenAfterAll) {
  Journal journal(1);
  journal.add(refused(1));
  ASSERT_EQ(journal.take_batch().size(), 1U);
  journal.add(refused(2));
  EXPECT_EQ(journal.dropped(), 1U);

  journal.settle({ok()});

  EXPECT_EQ(journal.dropped(), 0U);
  EXPECT_THAT(sequences(journal.take_batch()), ElementsAre(2));
}

TEST(Journal, GivesWhatIsUnwrittenOfOneTrustDomainAndOneSpan) {
  Journal journal;
  for (const std::uint64_t sequence : {1U, 2U, 3U, 4U}) journal.add(accepted(sequence));
  journal.add(accepted(9, "c.test"));

  EXPECT_THAT(sequences(journal.unwritten(domain("b.test"), {2, 3, 100})), ElementsAre(2, 3));
}

TEST(Journal, MergesEachNumberOnceAndKeepsTheNewest) {
  Journal journal;
  std::vector<trust::HistoryEntryPtr> all;
  for (const std::uint64_t sequence : {1U, 2U, 3U, 4U}) all.push_back(journal.add(accepted(sequence)));

  EXPECT_THAT(numbers(merge_history({all[0], all[1], all[2]}, {all[2], all[3]}, 100)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(numbers(merge_history({all[0], all[1]}, {all[2], all[3]}, 3)), ElementsAre(2, 3, 4));
  EXPECT_THAT(numbers(merge_history({}, {}, 3)), ElementsAre());
}

}  // namespace
}  // namespace entente::store
