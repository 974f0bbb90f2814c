#include "common/store/sqlite_store.hpp"

#include "common/store/sqlite_database.hpp"
#include "common/store/sqlite_history.hpp"
#include "common/store/sqlite_record.hpp"
#include "common/store/sqlite_registry.hpp"
#include "common/store/sqlite_schema.hpp"

namespace entente::store {
namespace {

constexpr const char* revision_sql = "SELECT revision FROM bundles WHERE trust_domain = ?1";
constexpr const char* remove_sql = "DELETE FROM bundles WHERE trust_domain = ?1";

const char* put_sql() {
  static const std::string sql = [] {
    std::string text = "INSERT OR REPLACE INTO bundles (" + std::string(record_columns) + ") VALUES (?1";
    for (int parameter = 2; parameter <= record_column_count; ++parameter) text += ",?" + std::to_string(parameter);
    return text + ")";
  }();
  return sql.c_str();
}

const char* load_sql() {
  static const std::string sql = "SELECT " + std::string(record_columns) + " FROM bundles";
  return sql.c_str();
}

Result<std::uint64_t> stored_revision(SqliteDatabase& database, const std::string& trust_domain) {
  Result<SqliteStatement> query = database.statement(revision_sql);
  if (!query) return query.error();
  query->bind(1, trust_domain);
  const Result<bool> row = query->step();
  if (!row) return row.error();
  return *row ? static_cast<std::uint64_t>(query->number(0)) : 0;
}

Status put(SqliteDatabase& database, const trust::BundleRecord& record, BundleTexts& texts) {
  Result<SqliteStatement> statement = database.statement(put_sql());
  if (!statement) return statement.error();
  bind_record(*statement, record, texts);
  return statement->run();
}

Status remove(SqliteDatabase& database, const std::string& trust_domain) {
  Result<SqliteStatement> statement = database.statement(remove_sql);
  if (!statement) return statement.error();
  statement->bind(1, trust_domain);
  return statement->run();
}

Status compare_and_set(SqliteDatabase& database, const Change& change, BundleTexts& texts) {
  const std::string& name = change.trust_domain.name();
  const Result<std::uint64_t> revision = stored_revision(database, name);
  if (!revision) return revision.error();
  if (*revision != change.expected_revision)
    return Error(Errc::conflict, "store: " + database.path().string() + ": " + name + " is at revision " +
                                     std::to_string(*revision) + ", not " + std::to_string(change.expected_revision) +
                                     ": another program writes to this file");
  return change.record ? put(database, *change.record, texts) : remove(database, name);
}

Status load_records(SqliteDatabase& database, Loaded& loaded) {
  Result<SqliteStatement> query = database.statement(load_sql());
  if (!query) return query.error();
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return ok();
    Result<trust::BundleRecord> record = read_record(*query);
    if (record)
      loaded.records.push_back(std::move(*record));
    else
      loaded.unreadable.push_back({query->text(0), static_cast<std::uint64_t>(query->number(1)), record.error()});
  }
}

}  // namespace

struct SqliteStore::Impl {
  Impl(SqliteDatabase writing, SqliteDatabase reading) : database(std::move(writing)), reader(std::move(reading)) {}
  SqliteDatabase database;
  SqliteDatabase reader;  // for history() alone
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path) {
  Result<SqliteDatabase> database = SqliteDatabase::open(path);
  if (!database) return database.error();
  if (const Status migrated = migrate(*database); !migrated) return migrated.error();
  Result<SqliteDatabase> reader = SqliteDatabase::open(path);
  if (!reader) return reader.error();
  if (const Status bound = reader->execute("PRAGMA query_only=ON"); !bound) return bound.error();
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::make_unique<Impl>(std::move(*database), std::move(*reader))));
}

Result<Loaded> SqliteStore::load() {
  Loaded loaded;
  if (const Status read = load_records(impl_->database, loaded); !read) return read.error();
  if (const Status read = load_registry(impl_->database, loaded); !read) return read.error();
  auto last = read_last_events(impl_->database);
  if (!last) return last.error();
  loaded.last_event = std::move(*last);
  return loaded;
}

Status SqliteStore::write(const Batch& batch) {
  SqliteDatabase& database = impl_->database;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction) return transaction.error();
  BundleTexts texts;
  for (const Change& change : batch.changes)
    if (const Status done = compare_and_set(database, change, texts); !done) return done.error();
  if (const Status done = append_history(database, batch.events, batch.history_entries, texts); !done)
    return done.error();
  if (const Status done = write_registry(database, batch.registry); !done) return done.error();
  return transaction->commit();
}

Result<StoredHistory> SqliteStore::history(const spiffe::TrustDomain& trust_domain, const HistoryQuery& query) {
  return read_history(impl_->reader, trust_domain, query);
}

Status SqliteStore::prune_history(const trust::HistoryLimits& limits, Time now) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(impl_->database);
  if (!transaction) return transaction.error();
  if (const Status done = store::prune_history(impl_->database, limits, now); !done) return done.error();
  return transaction->commit();
}

}  // namespace entente::store
