#include "common/store/sqlite_schema.hpp"

#include <gmock/gmock.h>

#include "common/store/sqlite_store.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::store {
namespace {

using testing::HasSubstr;

// A file as the first released version wrote it. Frozen: this text never changes, however the schema does.
constexpr const char* version_1_file = R"sql(
PRAGMA journal_mode=WAL;
CREATE TABLE bundles (
  trust_domain     TEXT    NOT NULL PRIMARY KEY,
  revision         INTEGER NOT NULL,
  bundle           TEXT    NOT NULL,
  highest_sequence TEXT,
  origin           TEXT    NOT NULL,
  source           TEXT    NOT NULL,
  changed_at       INTEGER NOT NULL,
  fetched_at       INTEGER,
  sequence_reused  INTEGER NOT NULL,
  sequence_missing INTEGER NOT NULL,
  bootstrap_digest TEXT    NOT NULL,
  accept_reason    TEXT,
  accept_by        TEXT,
  accept_at        INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO bundles VALUES ('b.test', 12,
  '{"keys":[{"kty":"EC","use":"jwt-svid","kid":"k1","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}],"spiffe_sequence":18446744073709551615,"spiffe_refresh_hint":60}',
  '18446744073709551615', 'fetched', 'https://b.example/', 1800000000000000000, 1800000000000000000, 0, 1, '',
  'peer was rebuilt', 'uid 0', 1800000001000000000);
INSERT INTO bundles VALUES ('c.test', 1, '{"keys":[]}', NULL, 'own', 'issuer', 1800000000000000000, NULL, 0, 0, 'd',
  NULL, NULL, NULL);
PRAGMA user_version=1;
)sql";

void make_file(const std::filesystem::path& path, const char* sql) {
  SqliteDatabase database = SqliteDatabase::open(path).value();
  database.execute(sql).value();
}

std::int64_t number(const std::filesystem::path& path, const char* sql) {
  const SqliteDatabase database = SqliteDatabase::open(path).value();
  SqliteStatement statement = SqliteStatement::prepare(database, sql).value();
  statement.step().value();
  return statement.number(0);
}

TEST(SqliteSchema, ReadsAFileOfTheFirstVersion) {
  const test::TempFolder folder;
  make_file(folder / "entente.db", version_1_file);

  const Loaded loaded = SqliteStore::open(folder / "entente.db").value()->load().value();

  ASSERT_EQ(loaded.records.size(), 2U);
  EXPECT_TRUE(loaded.unreadable.empty());
  const trust::BundleRecord& peer = loaded.records[0];
  EXPECT_EQ(peer.revision, 12U);
  EXPECT_EQ(peer.highest_sequence, 18446744073709551615U);
  EXPECT_EQ(peer.bundle->jwt_authorities.at(0).key_id, "k1");
  EXPECT_EQ(peer.changed_at, from_unix_seconds(1'800'000'000));
  EXPECT_TRUE(peer.sequence_missing);
  EXPECT_EQ(peer.accept_next->reason, "peer was rebuilt");
  EXPECT_EQ(loaded.records[1].origin, trust::Origin::own);
  EXPECT_FALSE(peer.held);
  EXPECT_TRUE(peer.rejected.empty());
  EXPECT_FALSE(peer.rolled_back);
}

TEST(SqliteSchema, GivesAFileOfTheFirstVersionAHistoryAndARegistry) {
  const test::TempFolder folder;
  make_file(folder / "entente.db", version_1_file);
  const auto domain = spiffe::TrustDomain::parse("b.test").value();
  {
    const auto store = SqliteStore::open(folder / "entente.db").value();
    Batch batch;
    auto removed = std::make_shared<trust::HistoryEntry>(domain, trust::HistoryAction::withdrawn);
    removed->number = 1;
    batch.changes.push_back({domain, 12, nullptr});
    batch.events.push_back(removed);
    batch.registry.emplace_back(RemoveEntry{"nobody"});
    ASSERT_TRUE(store->write(batch));
  }

  const auto store = SqliteStore::open(folder / "entente.db").value();

  EXPECT_EQ(number(folder / "entente.db", "PRAGMA user_version"), std::ssize(schema_steps()));
  EXPECT_EQ(store->load().value().records.size(), 1U);
  EXPECT_EQ(store->history(domain, HistoryQuery()).value().entries.size(), 1U);
}

TEST(SqliteSchema, TakesAnEmptyFileToTheNewestVersion) {
  const test::TempFolder folder;
  EXPECT_TRUE(SqliteStore::open(folder / "entente.db"));
  EXPECT_EQ(number(folder / "entente.db", "PRAGMA user_version"), std::ssize(schema_steps()));
  EXPECT_TRUE(SqliteStore::open(folder / "entente.db"));
}

TEST(SqliteSchema, TakesAFileThroughEveryStepItLacksAndKeepsItsRows) {
  const test::TempFolder folder;
  make_file(folder / "entente.db", version_1_file);
  const std::vector<const char*> steps = {"CREATE TABLE never_again (x)", "ALTER TABLE bundles ADD COLUMN note TEXT",
                                          "CREATE TABLE history (x); UPDATE bundles SET note = 'moved'"};
  {
    SqliteDatabase database = SqliteDatabase::open(folder / "entente.db").value();
    ASSERT_TRUE(migrate(database, steps));
  }
  EXPECT_EQ(number(folder / "entente.db", "PRAGMA user_version"), 3);
  EXPECT_EQ(number(folder / "entente.db", "SELECT count(*) FROM bundles WHERE note = 'moved'"), 2);
}

TEST(SqliteSchema, LeavesAFileAsItWasWhenAStepFails) {
  const test::TempFolder folder;
  make_file(folder / "entente.db", version_1_file);
  const std::vector<const char*> steps = {"", "DELETE FROM bundles", "CREATE TABLE bundles (x)"};
  {
    SqliteDatabase database = SqliteDatabase::open(folder / "entente.db").value();
    EXPECT_FALSE(migrate(database, steps));
  }
  EXPECT_EQ(number(folder / "entente.db", "PRAGMA user_version"), 1);
  EXPECT_EQ(number(folder / "entente.db", "SELECT count(*) FROM bundles"), 2);
}

TEST(SqliteSchema, RefusesAFileOfANewerVersionAndLeavesItAsItIs) {
  const test::TempFolder folder;
  make_file(folder / "entente.db", "PRAGMA user_version=99");

  const auto opened = SqliteStore::open(folder / "entente.db");

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::store);
  EXPECT_THAT(opened.error().message(), HasSubstr((folder / "entente.db").string()));
  EXPECT_THAT(opened.error().message(), HasSubstr("schema version 99"));
  EXPECT_EQ(number(folder / "entente.db", "SELECT count(*) FROM sqlite_schema"), 0);
}

TEST(SqliteSchema, WritesDurablyAndInAWriteAheadLog) {
  const test::TempFolder folder;
  EXPECT_TRUE(SqliteStore::open(folder / "entente.db"));
  EXPECT_EQ(number(folder / "entente.db", "PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(number(folder / "entente.db", "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

}  // namespace
}  // namespace entente::store
