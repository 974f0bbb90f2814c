#include "common/store/sqlite_store.hpp"

#include "common/store/sqlite_database.hpp"
#include "common/store/sqlite_record.hpp"
#include "common/store/sqlite_schema.hpp"

namespace entente::store {
namespace {

Result<std::uint64_t> stored_revision(const SqliteDatabase& database, const std::string& trust_domain) {
  Result<SqliteStatement> query =
      SqliteStatement::prepare(database, "SELECT revision FROM bundles WHERE trust_domain = ?1");
  if (!query) return query.error();
  query->bind(1, trust_domain);
  const Result<bool> row = query->step();
  if (!row) return row.error();
  return *row ? static_cast<std::uint64_t>(query->number(0)) : 0;
}

std::string with_columns(std::string_view before, std::string_view after) {
  std::string sql(before);
  sql.append(record_columns).append(after);
  return sql;
}

Status put(const SqliteDatabase& database, const trust::BundleRecord& record) {
  static const std::string sql =
      with_columns("INSERT OR REPLACE INTO bundles (", ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)");
  Result<SqliteStatement> statement = SqliteStatement::prepare(database, sql);
  if (!statement) return statement.error();
  bind_record(*statement, record);
  return statement->run();
}

Status remove(const SqliteDatabase& database, const std::string& trust_domain) {
  Result<SqliteStatement> statement = SqliteStatement::prepare(database, "DELETE FROM bundles WHERE trust_domain = ?1");
  if (!statement) return statement.error();
  statement->bind(1, trust_domain);
  return statement->run();
}

Status compare_and_set(const SqliteDatabase& database, const Change& change) {
  const std::string& name = change.trust_domain.name();
  const Result<std::uint64_t> revision = stored_revision(database, name);
  if (!revision) return revision.error();
  if (*revision != change.expected_revision)
    return Error(Errc::conflict, "store: " + database.path().string() + ": " + name + " is at revision " +
                                     std::to_string(*revision) + ", not " + std::to_string(change.expected_revision) +
                                     ": another program writes to this file");
  return change.record ? put(database, *change.record) : remove(database, name);
}

}  // namespace

struct SqliteStore::Impl {
  explicit Impl(SqliteDatabase opened) : database(std::move(opened)) {}
  SqliteDatabase database;
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path) {
  Result<SqliteDatabase> database = SqliteDatabase::open(path);
  if (!database) return database.error();
  if (const Status migrated = migrate(*database); !migrated) return migrated.error();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::make_unique<Impl>(std::move(*database))));
}

Result<Loaded> SqliteStore::load() {
  static const std::string sql = with_columns("SELECT ", " FROM bundles");
  Result<SqliteStatement> query = SqliteStatement::prepare(impl_->database, sql);
  if (!query) return query.error();
  Loaded loaded;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return loaded;
    Result<trust::BundleRecord> record = read_record(*query);
    if (record)
      loaded.records.push_back(std::move(*record));
    else
      loaded.unreadable.push_back({query->text(0), static_cast<std::uint64_t>(query->number(1)), record.error()});
  }
}

Status SqliteStore::write(std::span<const Change> changes) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(impl_->database);
  if (!transaction) return transaction.error();
  for (const Change& change : changes)
    if (const Status done = compare_and_set(impl_->database, change); !done) return done.error();
  return transaction->commit();
}

}  // namespace entente::store
