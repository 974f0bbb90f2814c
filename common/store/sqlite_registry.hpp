// The tables `relationships` and `entries`. Internal to common/store.
#pragma once

#include "common/store/sqlite_database.hpp"
#include "common/store/store.hpp"

namespace entente::store {

// Fills in relationships, entries and unreadable_definitions.
Status load_registry(SqliteDatabase& database, Loaded& loaded);

// Within a transaction. Errc::invalid_argument for a definition that could not be read back.
Status write_registry(SqliteDatabase& database, const std::vector<RegistryChange>& changes);

}  // namespace entente::store
