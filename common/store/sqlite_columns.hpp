// How values that SQLite has no type for are written in columns. Internal to common/store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/store/sqlite_database.hpp"
#include "common/trust/record.hpp"

namespace entente::store {

// Nanoseconds since 1970.
inline std::int64_t to_column(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
inline Time to_time(std::int64_t nanoseconds) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(nanoseconds)));
}

// Sequences are unsigned 64-bit and SQLite's integers signed: decimal text. `name` is the column's, for the error.
void bind_sequence(SqliteStatement& statement, int parameter, std::optional<std::uint64_t> sequence);
Result<std::optional<std::uint64_t>> read_sequence(const SqliteStatement& row, int column, std::string_view name);

// The SPIFFE bundle format of each bundle, written once: most of what a transaction costs is OpenSSL's taking keys
// apart, and a record and its event hold the same bundle. For one transaction, whose batch keeps the bundles alive.
class BundleTexts {
 public:
  const std::string& of(const spiffe::Bundle& bundle);

 private:
  std::unordered_map<const spiffe::Bundle*, std::string> texts_;
};

// Null for null.
void bind_bundle(SqliteStatement& statement, int parameter, const spiffe::BundlePtr& bundle, BundleTexts& texts);
Result<spiffe::BundlePtr> read_bundle(const SqliteStatement& row, int column, const spiffe::TrustDomain& trust_domain,
                                      std::string_view name);

Result<trust::Origin> parse_origin(const std::string& text);

}  // namespace entente::store
