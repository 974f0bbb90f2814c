// The little of SQLite's C interface that the store needs: a connection and a statement that clean up after themselves.
// Internal to common/store: nothing else includes sqlite3.h.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::store {

class SqliteStatement;

// One connection, used by one thread at a time. Outlives its statements and does not move meanwhile. Every error is
// Errc::store and names the file, the step and SQLite's reason.
class SqliteDatabase {
 public:
  // Creates the file, 0600, where it is missing, and narrows the mode of one that others may read.
  static Result<SqliteDatabase> open(const std::filesystem::path& path);

  Status execute(const char* sql);
  // Prepared at its first use and kept as long as the connection; `sql` is a constant. It is given back, reset, when
  // the SqliteStatement goes; used by one at a time.
  Result<SqliteStatement> statement(const char* sql);
  Error error(std::string_view step) const;
  sqlite3* handle() const { return handle_.get(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  SqliteDatabase(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
class SqliteStatement {
 public:
  static Result<SqliteStatement> prepare(const SqliteDatabase& database, std::string_view sql);

  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::int64_t number);
  void bind_null(int parameter);

  // True for a row, false at the end.
  Result<bool> step();
  // step() to the end, for statements without rows.
  Status run();

  bool is_null(int column) const;
  std::int64_t number(int column) const;
  std::string text(int column) const;

 private:
  friend class SqliteDatabase;
  struct Release {
    bool kept = false;  // by the database
    void operator()(sqlite3_stmt* statement) const;
  };
  SqliteStatement(const SqliteDatabase& database, sqlite3_stmt* statement, bool kept)
      : database_(&database), statement_(statement, Release{kept}) {}

  const SqliteDatabase* database_;
  std::unique_ptr<sqlite3_stmt, Release> statement_;
};

// A write transaction: rolled back unless commit() succeeded.
class SqliteTransaction {
 public:
  static Result<SqliteTransaction> begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();
  Status commit();

 private:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {}
  SqliteDatabase* database_;
};

}  // namespace entente::store
