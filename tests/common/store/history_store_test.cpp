// What every store promises of histories.
#include <gmock/gmock.h>

#include "common/crypto/key.hpp"
#include "common/store/memory_store.hpp"
#include "common/store/sqlite_database.hpp"
#include "common/store/sqlite_store.hpp"
#include "tests/common/store/ledger_fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::store {
namespace {

using namespace std::chrono_literals;
using test::domain;
using test::make_bundle;
using test::numbers;
using testing::ElementsAre;
using testing::HasSubstr;
using trust::HistoryAction;

const Time now = from_unix_seconds(1'800'000'000);
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

trust::HistoryEntryPtr entry(std::uint64_t number, Time at = now, const std::string& trust_domain = "b.test") {
  auto made = std::make_shared<trust::HistoryEntry>(domain(trust_domain), HistoryAction::refused);
  made->number = number;
  made->at = at;
  return made;
}

Status append(Store& store, std::vector<trust::HistoryEntryPtr> events, std::size_t most = unlimited) {
  Batch batch;
  batch.events = std::move(events);
  batch.history_entries = most;
  return store.write(batch);
}

std::vector<trust::HistoryEntryPtr> history(Store& store, const HistoryQuery& query = {0, unlimited, unlimited},
                                            const std::string& trust_domain = "b.test") {
  return store.history(domain(trust_domain), query).value().entries;
}

template <class Made>
class HistoryStore : public testing::Test {
 protected:
  HistoryStore() {
    if constexpr (std::is_same_v<Made, SqliteStore>)
      store = SqliteStore::open(folder / "entente.db").value();
    else
      store = std::make_unique<MemoryStore>();
  }
  void fill(std::uint64_t count) {
    std::vector<trust::HistoryEntryPtr> events;
    for (std::uint64_t number = 1; number <= count; ++number)
      events.push_back(entry(number, now + std::chrono::hours(number)));
    append(*store, std::move(events)).value();
  }

  test::TempFolder folder;
  std::unique_ptr<Store> store;
};

using Stores = testing::Types<MemoryStore, SqliteStore>;
TYPED_TEST_SUITE(HistoryStore, Stores);

TYPED_TEST(HistoryStore, GivesTheNewestOfASpanOldestFirst) {
  this->fill(10);
  append(*this->store, {entry(1, now, "c.test")}).value();

  EXPECT_THAT(numbers(history(*this->store)), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(numbers(history(*this->store, {3, 5, 100})), ElementsAre(3, 4, 5));
  EXPECT_THAT(numbers(history(*this->store, {0, 8, 2})), ElementsAre(7, 8));
  EXPECT_THAT(numbers(history(*this->store, {9, 100, 100})), ElementsAre(9, 10));
  EXPECT_THAT(history(*this->store, {11, 20, 100}), testing::IsEmpty());
  EXPECT_THAT(history(*this->store, {5, 3, 100}), testing::IsEmpty());
  EXPECT_THAT(history(*this->store, {0, 8, 0}), testing::IsEmpty());
  EXPECT_THAT(numbers(history(*this->store, {}, "c.test")), ElementsAre(1));
  EXPECT_THAT(history(*this->store, {}, "d.test"), testing::IsEmpty());
}

TYPED_TEST(HistoryStore, LeavesAnEntryAloneThatIsWrittenAgain) {
  append(*this->store, {entry(1, now)}).value();
  append(*this->store, {entry(1, now + 1h), entry(2, now)}).value();

  EXPECT_THAT(numbers(history(*this->store)), ElementsAre(1, 2));
  EXPECT_EQ(history(*this->store)[0]->at, now);
}

TYPED_TEST(HistoryStore, WritesNoEntryOfARefusedBatch) {
  Batch batch;
  batch.changes = {{domain("b.test"), 7, nullptr}};
  batch.events = {entry(1)};
  EXPECT_EQ(this->store->write(batch).error().code(), Errc::conflict);
  EXPECT_THAT(history(*this->store), testing::IsEmpty());
}

TYPED_TEST(HistoryStore, PrunesToTheNewestByNumber) {
  this->fill(10);
  append(*this->store, {entry(1, now, "c.test")}).value();

  this->store->prune_history({4, 24h * 365}, now).value();

  EXPECT_THAT(numbers(history(*this->store)), ElementsAre(7, 8, 9, 10));
  EXPECT_EQ(history(*this->store, {}, "c.test").size(), 1U);
}

TYPED_TEST(HistoryStore, PrunesWhatIsTooOldAndNeverGivesItsNumbersAgain) {
  this->fill(10);

  this->store->prune_history({1000, 2h}, now + 9h).value();
  EXPECT_THAT(numbers(history(*this->store)), ElementsAre(7, 8, 9, 10));
  this->store->prune_history({1000, 2h}, now + 24h).value();
  EXPECT_THAT(history(*this->store), testing::IsEmpty());

  EXPECT_EQ(this->store->load().value().last_event.at(domain("b.test")), 10U);
}

TYPED_TEST(HistoryStore, KeepsEverythingUnderTheLargestLimits) {
  this->fill(3);
  this->store->prune_history({unlimited, Duration::max()}, now + 24h * 3650).value();
  EXPECT_EQ(history(*this->store).size(), 3U);
}

TYPED_TEST(HistoryStore, PrunesInTheSameTransactionOnlyWhenATenthIsTooMuch) {
  for (std::uint64_t number = 1; number <= 22; ++number) append(*this->store, {entry(number)}, 20).value();
  EXPECT_EQ(history(*this->store).size(), 22U);

  append(*this->store, {entry(23)}, 20).value();

  EXPECT_EQ(history(*this->store).size(), 20U);
  EXPECT_EQ(history(*this->store).front()->number, 4U);
}

TYPED_TEST(HistoryStore, CountsEntriesAndNotNumbersWhereSomeAreMissing) {
  append(*this->store, {entry(1), entry(2), entry(500), entry(1000)}, 4).value();
  this->store->prune_history({4, 24h}, now).value();
  EXPECT_EQ(history(*this->store).size(), 4U);
  append(*this->store, {entry(1001)}, 3).value();
  EXPECT_THAT(numbers(history(*this->store)), ElementsAre(500, 1000, 1001));
}

TEST(SqliteHistory, GivesBackEveryFieldOfAnEntryAfterAReopening) {
  const test::TempFolder folder;
  auto full = std::make_shared<trust::HistoryEntry>(domain("b.test"), HistoryAction::rolled_back);
  full->number = 7;
  full->at = now + 5ms;
  full->sequence = std::numeric_limits<std::uint64_t>::max();
  full->from = {"https://b.example/", "[2001:db8::1]:443", "0a1b"};
  full->by = trust::Actor{4'294'967'295U, "entente federation rollback b.test --reason \"it's \xff\""};
  full->reason = "peer was rebuilt";
  full->digest = "digest";
  full->changes = {{true, "x509-svid", "3f2a", "CN=A,O=\"B\"", now + 24h}, {false, "jwt-svid", "k1", "", std::nullopt}};
  full->bundle = make_bundle({.x509 = {"A"}, .jwt = {"J"}, .sequence = 3});
  append(*SqliteStore::open(folder / "entente.db").value(), {full, entry(8)}).value();

  const auto store = SqliteStore::open(folder / "entente.db").value();
  const auto read = history(*store);

  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0]->action, HistoryAction::rolled_back);
  EXPECT_EQ(read[0]->number, 7U);
  EXPECT_EQ(read[0]->at, full->at);
  EXPECT_EQ(read[0]->sequence, full->sequence);
  EXPECT_EQ(read[0]->from, full->from);
  EXPECT_EQ(read[0]->by, full->by);
  EXPECT_EQ(read[0]->reason, full->reason);
  EXPECT_EQ(read[0]->digest, full->digest);
  EXPECT_EQ(read[0]->changes, full->changes);
  EXPECT_TRUE(spiffe::same_authorities(*read[0]->bundle, *full->bundle));
  EXPECT_EQ(read[1]->by, std::nullopt);
  EXPECT_EQ(read[1]->sequence, std::nullopt);
  EXPECT_EQ(read[1]->bundle, nullptr);
  EXPECT_EQ(store->load().value().last_event.at(domain("b.test")), 8U);
}

TEST(SqliteHistory, RecordsABundleThatIsTooLongWithoutItsDocument) {
  const test::TempFolder folder;
  spiffe::Bundle huge(domain("b.test"));
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256)->public_key();
  for (int i = 0; i < 500; ++i) huge.jwt_authorities.push_back({"key-" + std::to_string(i), key});
  auto long_one = std::make_shared<trust::HistoryEntry>(domain("b.test"), HistoryAction::accepted);
  long_one->number = 1;
  long_one->digest = "digest";
  long_one->bundle = std::make_shared<const spiffe::Bundle>(huge);
  const auto store = SqliteStore::open(folder / "entente.db").value();

  append(*store, {long_one}).value();

  const auto read = history(*store);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0]->digest, "digest");
  EXPECT_EQ(read[0]->bundle, nullptr);
}

TEST(SqliteHistory, LeavesOutWhatCannotBeReadAndSaysWhichItIs) {
  const test::TempFolder folder;
  const auto store = SqliteStore::open(folder / "entente.db").value();
  append(*store, {entry(1), entry(2), entry(3), entry(4), entry(5)}).value();
  SqliteDatabase database = SqliteDatabase::open(folder / "entente.db").value();
  database
      .execute(
          "UPDATE history SET action = 'applauded' WHERE number = 2;"
          "UPDATE history SET changes = '[{\"added\":3}]' WHERE number = 3;"
          "UPDATE history SET bundle = '{' WHERE number = 4;")
      .value();

  const StoredHistory read = store->history(domain("b.test"), HistoryQuery()).value();

  EXPECT_THAT(numbers(read.entries), ElementsAre(1, 5));
  ASSERT_EQ(read.unreadable.size(), 3U);
  EXPECT_THAT(read.unreadable[2].message(), HasSubstr("history of b.test, entry 2: action \"applauded\""));
}

TEST(SqliteHistory, IsReadWhileAWriteIsUnderWay) {
  const test::TempFolder folder;
  const auto store = SqliteStore::open(folder / "entente.db").value();
  append(*store, {entry(1)}).value();
  SqliteDatabase other = SqliteDatabase::open(folder / "entente.db").value();
  other.execute("BEGIN IMMEDIATE").value();

  EXPECT_EQ(history(*store).size(), 1U);
}

}  // namespace
}  // namespace entente::store
