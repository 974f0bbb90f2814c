#include "common/store/sqlite_record.hpp"

#include <charconv>

#include "common/spiffe/bundle_json.hpp"

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
  accept_at
};

std::int64_t to_column(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

Time to_time(std::int64_t nanoseconds) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(nanoseconds)));
}

Result<std::uint64_t> parse_sequence(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error(Errc::store, "highest_sequence \"" + text + "\" is not a number below 2^64");
  return value;
}

Result<trust::Origin> parse_origin(const std::string& text) {
  for (const auto known : {trust::Origin::own, trust::Origin::bootstrap, trust::Origin::fetched})
    if (text == trust::to_string(known)) return known;
  return Error(Errc::store, "origin \"" + text + "\" is not known");
}

Result<spiffe::BundlePtr> parse_stored_bundle(const SqliteStatement& row) {
  const Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse(row.text(trust_domain));
  if (!domain) return domain.error();
  Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle(*domain, row.text(bundle));
  if (!parsed) return parsed.error().within("bundle");
  // We wrote every key of it: one that is passed over now is damage, and trust must not shrink in silence.
  if (!parsed->ignored.empty()) return Error(Errc::store, "bundle: " + parsed->ignored.front());
  return std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle));
}

std::optional<trust::AcceptNext> read_accept_next(const SqliteStatement& row) {
  if (row.is_null(accept_at)) return std::nullopt;
  trust::AcceptNext word;
  word.reason = row.text(accept_reason);
  word.by = row.text(accept_by);
  word.at = to_time(row.number(accept_at));
  return word;
}

void bind_accept_next(SqliteStatement& statement, const std::optional<trust::AcceptNext>& word) {
  if (!word) {
    for (const int column : {accept_reason, accept_by, accept_at}) statement.bind_null(column + 1);
    return;
  }
  statement.bind(accept_reason + 1, word->reason);
  statement.bind(accept_by + 1, word->by);
  statement.bind(accept_at + 1, to_column(word->at));
}

}  // namespace

void bind_record(SqliteStatement& statement, const trust::BundleRecord& record) {
  statement.bind(trust_domain + 1, record.trust_domain().name());
  statement.bind(revision + 1, static_cast<std::int64_t>(record.revision));
  statement.bind(bundle + 1, spiffe::write_bundle(*record.bundle));
  if (record.highest_sequence)
    statement.bind(highest_sequence + 1, std::to_string(*record.highest_sequence));
  else
    statement.bind_null(highest_sequence + 1);
  statement.bind(origin + 1, trust::to_string(record.origin));
  statement.bind(source + 1, record.source);
  statement.bind(changed_at + 1, to_column(record.changed_at));
  if (record.fetched_at)
    statement.bind(fetched_at + 1, to_column(*record.fetched_at));
  else
    statement.bind_null(fetched_at + 1);
  statement.bind(sequence_reused + 1, std::int64_t{record.sequence_reused});
  statement.bind(sequence_missing + 1, std::int64_t{record.sequence_missing});
  statement.bind(bootstrap_digest + 1, record.bootstrap_digest);
  bind_accept_next(statement, record.accept_next);
}

Result<trust::BundleRecord> read_record(const SqliteStatement& row) {
  trust::BundleRecord record;
  const Result<spiffe::BundlePtr> stored = parse_stored_bundle(row);
  if (!stored) return stored.error();
  record.bundle = *stored;
  if (row.number(revision) < 1) return Error(Errc::store, "revision is not positive");
  record.revision = static_cast<std::uint64_t>(row.number(revision));
  if (!row.is_null(highest_sequence)) {
    const Result<std::uint64_t> floor = parse_sequence(row.text(highest_sequence));
    if (!floor) return floor.error();
    record.highest_sequence = *floor;
  }
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
  return record;
}

}  // namespace entente::store
