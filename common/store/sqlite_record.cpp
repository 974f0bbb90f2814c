#include "common/store/sqlite_record.hpp"

#include <nlohmann/json.hpp>

#include "common/spiffe/json.hpp"

namespace entente::store {
namespace {

enum Column {
  trust_domain,
  revision,
  bundle,
  highest_sequence,
  origin,
  source,
  changed_at,
  fetched_at,
  sequence_reused,
  sequence_missing,
  bootstrap_digest,
  accept_reason,
  accept_by,
  accept_at,
  held_bundle,
  held_digest,
  held_origin,
  held_source,
  held_address,
  held_certificate,
  held_at,
  held_why,
  rejected,
  last_non_empty,
  rolled_back,
  column_count
};
static_assert(column_count == record_column_count);

// The parameter of a column.
constexpr int at(Column column) { return column + 1; }

void bind_accept_next(SqliteStatement& statement, const std::optional<trust::AcceptNext>& word) {
  if (!word) {
    for (const Column column : {accept_reason, accept_by, accept_at}) statement.bind_null(at(column));
    return;
  }
  statement.bind(at(accept_reason), word->reason);
  statement.bind(at(accept_by), word->by);
  statement.bind(at(accept_at), to_column(word->at));
}

std::optional<trust::AcceptNext> read_accept_next(const SqliteStatement& row) {
  if (row.is_null(accept_at)) return std::nullopt;
  trust::AcceptNext word;
  word.reason = row.text(accept_reason);
  word.by = row.text(accept_by);
  word.at = to_time(row.number(accept_at));
  return word;
}

void bind_held(SqliteStatement& statement, const std::optional<trust::HeldBundle>& held, BundleTexts& texts) {
  if (!held) {
    for (int column = held_bundle; column <= held_why; ++column) statement.bind_null(column + 1);
    return;
  }
  bind_bundle(statement, at(held_bundle), held->bundle, texts);
  statement.bind(at(held_digest), held->digest);
  statement.bind(at(held_origin), trust::to_string(held->origin));
  statement.bind(at(held_source), held->from.source);
  statement.bind(at(held_address), held->from.address);
  statement.bind(at(held_certificate), held->from.certificate);
  statement.bind(at(held_at), to_column(held->at));
  statement.bind(at(held_why), held->why);
}

Result<std::optional<trust::HeldBundle>> read_held(const SqliteStatement& row, const spiffe::TrustDomain& domain) {
  std::optional<trust::HeldBundle> held;
  if (row.is_null(held_bundle)) return held;
  const Result<spiffe::BundlePtr> stored = read_bundle(row, held_bundle, domain, "held_bundle");
  if (!stored) return stored.error();
  const Result<trust::Origin> where_from = parse_origin(row.text(held_origin));
  if (!where_from) return where_from.error().within("held_origin");
  held.emplace();
  held->bundle = *stored;
  held->digest = row.text(held_digest);
  held->origin = *where_from;
  held->from = {row.text(held_source), row.text(held_address), row.text(held_certificate)};
  held->at = to_time(row.number(held_at));
  held->why = row.text(held_why);
  return held;
}

Result<std::vector<std::string>> read_rejected(const SqliteStatement& row) {
  const Result<nlohmann::json> parsed = spiffe::parse_strict_json(row.text(rejected));
  if (!parsed) return parsed.error().within("rejected");
  const Error wrong(Errc::store, "rejected is not a list of digests");
  if (!parsed->is_array()) return wrong;
  std::vector<std::string> digests;
  for (const auto& digest : *parsed) {
    if (!digest.is_string()) return wrong;
    digests.push_back(digest.get<std::string>());
  }
  return digests;
}

Status read_bundles(const SqliteStatement& row, trust::BundleRecord& record) {
  const Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse(row.text(trust_domain));
  if (!domain) return domain.error();
  const Result<spiffe::BundlePtr> stored = read_bundle(row, bundle, *domain, "bundle");
  if (!stored) return stored.error();
  const Result<spiffe::BundlePtr> non_empty = read_bundle(row, last_non_empty, *domain, "last_non_empty");
  if (!non_empty) return non_empty.error();
  Result<std::optional<trust::HeldBundle>> held = read_held(row, *domain);
  if (!held) return held.error();
  record.bundle = *stored;
  record.last_non_empty = *non_empty;
  record.held = std::move(*held);
  return ok();
}

}  // namespace

void bind_record(SqliteStatement& statement, const trust::BundleRecord& record, BundleTexts& texts) {
  statement.bind(at(trust_domain), record.trust_domain().name());
  statement.bind(at(revision), static_cast<std::int64_t>(record.revision));
  bind_bundle(statement, at(bundle), record.bundle, texts);
  bind_sequence(statement, at(highest_sequence), record.highest_sequence);
  statement.bind(at(origin), trust::to_string(record.origin));
  statement.bind(at(source), record.source);
  statement.bind(at(changed_at), to_column(record.changed_at));
  if (record.fetched_at)
    statement.bind(at(fetched_at), to_column(*record.fetched_at));
  else
    statement.bind_null(at(fetched_at));
  statement.bind(at(sequence_reused), std::int64_t{record.sequence_reused});
  statement.bind(at(sequence_missing), std::int64_t{record.sequence_missing});
  statement.bind(at(bootstrap_digest), record.bootstrap_digest);
  bind_accept_next(statement, record.accept_next);
  bind_held(statement, record.held, texts);
  statement.bind(at(rejected), nlohmann::json(record.rejected).dump());
  bind_bundle(statement, at(last_non_empty), record.last_non_empty, texts);
  statement.bind(at(rolled_back), std::int64_t{record.rolled_back});
}

Result<trust::BundleRecord> read_record(const SqliteStatement& row) {
  trust::BundleRecord record;
  if (const Status read = read_bundles(row, record); !read) return read.error();
  if (row.number(revision) < 1) return Error(Errc::store, "revision is not positive");
  record.revision = static_cast<std::uint64_t>(row.number(revision));
  const Result<std::optional<std::uint64_t>> floor = read_sequence(row, highest_sequence, "highest_sequence");
  if (!floor) return floor.error();
  record.highest_sequence = *floor;
  const Result<trust::Origin> where_from = parse_origin(row.text(origin));
  if (!where_from) return where_from.error();
  record.origin = *where_from;
  record.source = row.text(source);
  record.changed_at = to_time(row.number(changed_at));
  if (!row.is_null(fetched_at)) record.fetched_at = to_time(row.number(fetched_at));
  record.sequence_reused = row.number(sequence_reused) != 0;
  record.sequence_missing = row.number(sequence_missing) != 0;
  record.bootstrap_digest = row.text(bootstrap_digest);
  record.accept_next = read_accept_next(row);
  Result<std::vector<std::string>> digests = read_rejected(row);
  if (!digests) return digests.error();
  record.rejected = std::move(*digests);
  record.rolled_back = row.number(rolled_back) != 0;
  return record;
}

}  // namespace entente::store
