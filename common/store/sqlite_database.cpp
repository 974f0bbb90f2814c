#include "common/store/sqlite_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/base/file.hpp"

namespace entente::store {
namespace {

constexpr int busy_timeout_ms = 2000;  // data_dir has one owner: only a backup or a person's sqlite3 can be in the way

// SQLite gives -wal and -shm the mode of the file itself, so the file must have it before SQLite sees it.
Status prepare_file(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return Error(Errc::store, "store: " + last_system_error("open " + path.string()).message());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || ((info.st_mode & 0077) != 0 && ::fchmod(fd.get(), 0600) != 0))
    return Error(Errc::store, "store: " + last_system_error("make private " + path.string()).message());
  return ok();
}

}  // namespace

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& path) {
  if (const Status prepared = prepare_file(path); !prepared) return prepared.error();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
  SqliteDatabase database(path, handle);
  if (code != SQLITE_OK) return database.error("open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA trusted_schema=OFF"})
    if (const Status done = database.execute(pragma); !done) return done.error();
  return database;
}

Status SqliteDatabase::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error(sql);
  return ok();
}

Result<SqliteStatement> SqliteDatabase::statement(const char* sql) {
  auto& kept = statements_[sql];
  if (!kept) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v3(handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr) != SQLITE_OK)
      return error(sql);
    kept.reset(made);
  }
  return SqliteStatement(*this, kept.get(), true);
}

Error SqliteDatabase::error(std::string_view step) const {
  const std::string reason = handle() ? sqlite3_errmsg(handle()) : "out of memory";
  const int code = handle() ? sqlite3_extended_errcode(handle()) : SQLITE_NOMEM;
  std::string message = "store: " + path_.string() + ": " + std::string(step.substr(0, 60)) + ": " + reason +
                        " (SQLite " + std::to_string(code) + ")";
  const int primary = code & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
    message += "; restore the file from a backup, or move it away to start with an empty store";
  return Error(Errc::store, std::move(message));
}

Result<SqliteStatement> SqliteStatement::prepare(const SqliteDatabase& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return database.error(sql);
  return SqliteStatement(database, statement, false);
}

void SqliteStatement::Release::operator()(sqlite3_stmt* statement) const {
  if (!kept) {
    sqlite3_finalize(statement);
    return;
  }
  sqlite3_reset(statement);  // its code repeats the error of the last step
  sqlite3_clear_bindings(statement);
}

// A failed bind (out of memory, a parameter that is not there) shows in step(), as a constraint or a misuse; our tables
// forbid null wherever a value must be.
void SqliteStatement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}
void SqliteStatement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
}
void SqliteStatement::bind_null(int parameter) { sqlite3_bind_null(statement_.get(), parameter); }

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->error(sqlite3_sql(statement_.get()));
}

Status SqliteStatement::run() {
  for (;;) {
    const Result<bool> row = step();
    if (!row) return row.error();
    if (!*row) return ok();
  }
}

bool SqliteStatement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
std::int64_t SqliteStatement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
std::string SqliteStatement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes ? std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)) : std::string();
}

Result<SqliteTransaction> SqliteTransaction::begin(SqliteDatabase& database) {
  if (const Status begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.error();
  return SqliteTransaction(database);
}

SqliteTransaction::~SqliteTransaction() {
  // After some errors SQLite has rolled back by itself.
  if (database_ != nullptr && sqlite3_get_autocommit(database_->handle()) == 0) (void)database_->execute("ROLLBACK");
}

Status SqliteTransaction::commit() {
  if (const Status committed = database_->execute("COMMIT"); !committed) return committed.error();
  database_ = nullptr;
  return ok();
}

}  // namespace entente::store
