// A bundle record as a row of the table `bundles`. Internal to common/store.
#pragma once

#include "common/store/sqlite_columns.hpp"
#include "common/store/sqlite_database.hpp"
#include "common/trust/record.hpp"

namespace entente::store {

// The columns in the order that both functions use.
inline constexpr const char* record_columns =
    "trust_domain, revision, bundle, highest_sequence, origin, source, changed_at, fetched_at, sequence_reused, "
    "sequence_missing, bootstrap_digest, accept_reason, accept_by, accept_at, held_bundle, held_digest, held_origin, "
    "held_source, held_address, held_certificate, held_at, held_why, rejected, last_non_empty, rolled_back";
inline constexpr int record_column_count = 25;

// Parameters 1 to 25.
void bind_record(SqliteStatement& statement, const trust::BundleRecord& record, BundleTexts& texts);
Result<trust::BundleRecord> read_record(const SqliteStatement& row);

}  // namespace entente::store
