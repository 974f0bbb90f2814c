// The store's schema, by version: how a file of any earlier version becomes one of the newest. Internal to
// common/store.
#pragma once

#include <span>

#include "common/base/result.hpp"
#include "common/store/sqlite_database.hpp"

namespace entente::store {

// steps[n] takes a file from version n to n + 1. A step that was released is never edited: append.
std::span<const char* const> schema_steps();

// Brings the file to the newest version (PRAGMA user_version) in one transaction: all steps that are missing, or none.
// A file of a newer version is an error that says so, and is left as it is.
Status migrate(SqliteDatabase& database, std::span<const char* const> steps = schema_steps());

}  // namespace entente::store
