#include "common/store/sqlite_schema.hpp"

namespace entente::store {
namespace {

// Sequences are unsigned 64-bit and SQLite's integers signed: decimal text, which people can read as well.
// Times are nanoseconds since 1970. `bundle` is the SPIFFE bundle format as it would be published.
constexpr const char* steps_to_newest[] = {
    R"sql(
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
    )sql",
    // `rejected` is a JSON list of digests; `histories` remembers numbers whose entries have been pruned; `changes` is
    // a JSON list; `definition` is JSON that names its own version. `position` is the order of creation.
    R"sql(
    ALTER TABLE bundles ADD COLUMN held_bundle      TEXT;
    ALTER TABLE bundles ADD COLUMN held_digest      TEXT;
    ALTER TABLE bundles ADD COLUMN held_origin      TEXT;
    ALTER TABLE bundles ADD COLUMN held_source      TEXT;
    ALTER TABLE bundles ADD COLUMN held_address     TEXT;
    ALTER TABLE bundles ADD COLUMN held_certificate TEXT;
    ALTER TABLE bundles ADD COLUMN held_at          INTEGER;
    ALTER TABLE bundles ADD COLUMN held_why         TEXT;
    ALTER TABLE bundles ADD COLUMN rejected         TEXT    NOT NULL DEFAULT '[]';
    ALTER TABLE bundles ADD COLUMN last_non_empty   TEXT;
    ALTER TABLE bundles ADD COLUMN rolled_back      INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE history (
      trust_domain TEXT    NOT NULL,
      number       INTEGER NOT NULL,
      at           INTEGER NOT NULL,
      action       TEXT    NOT NULL,
      sequence     TEXT,
      source       TEXT    NOT NULL,
      address      TEXT    NOT NULL,
      certificate  TEXT    NOT NULL,
      by_uid       INTEGER,
      by_command   TEXT,
      reason       TEXT    NOT NULL,
      digest       TEXT    NOT NULL,
      changes      TEXT    NOT NULL,
      bundle       TEXT,
      PRIMARY KEY (trust_domain, number)
    ) STRICT;
    CREATE INDEX history_by_time ON history (at);
    CREATE TABLE histories (
      trust_domain TEXT    NOT NULL PRIMARY KEY,
      last_number  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE relationships (
      trust_domain TEXT NOT NULL PRIMARY KEY,
      definition   TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entries (
      position   INTEGER PRIMARY KEY,
      id         TEXT NOT NULL UNIQUE,
      definition TEXT NOT NULL
    ) STRICT;
    )sql",
};

Result<std::int64_t> stored_version(const SqliteDatabase& database) {
  Result<SqliteStatement> query = SqliteStatement::prepare(database, "PRAGMA user_version");
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) return row.error();
  return *row ? query->number(0) : 0;
}

}  // namespace

std::span<const char* const> schema_steps() { return steps_to_newest; }

Status migrate(SqliteDatabase& database, std::span<const char* const> steps) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction) return transaction.error();
  const Result<std::int64_t> version = stored_version(database);
  if (!version) return version.error();
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (*version < 0 || *version > newest)
    return Error(Errc::store, "store: " + database.path().string() + ": has schema version " +
                                  std::to_string(*version) + ", and this program knows versions up to " +
                                  std::to_string(newest) +
                                  "; run the version of entente that wrote it, or a newer one");
  if (*version == newest) return ok();
  for (const char* step : steps.subspan(static_cast<std::size_t>(*version)))
    if (const Status done = database.execute(step); !done) return done.error();
  const std::string set = "PRAGMA user_version=" + std::to_string(newest);
  if (const Status done = database.execute(set.c_str()); !done) return done.error();
  return transaction->commit();
}

}  // namespace entente::store
