// The tables `history` and `histories`. Internal to common/store.
#pragma once

#include "common/store/sqlite_columns.hpp"
#include "common/store/sqlite_database.hpp"
#include "common/store/store.hpp"

namespace entente::store {

// Within a transaction. A number that is stored already is left alone; a history that then exceeds `most` by a tenth is
// brought back to it.
Status append_history(SqliteDatabase& database, const std::vector<trust::HistoryEntryPtr>& events, std::size_t most,
                      BundleTexts& texts);

Result<StoredHistory> read_history(SqliteDatabase& database, const spiffe::TrustDomain& trust_domain,
                                   const HistoryQuery& query);

// Within a transaction.
Status prune_history(SqliteDatabase& database, const trust::HistoryLimits& limits, Time now);

Result<std::map<spiffe::TrustDomain, std::uint64_t>> read_last_events(SqliteDatabase& database);

}  // namespace entente::store
