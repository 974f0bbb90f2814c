#include "common/store/sqlite_history.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/spiffe/json.hpp"
#include "common/store/history_limits.hpp"

namespace entente::store {
namespace {

enum Column {
  trust_domain,
  number,
  at,
  action,
  sequence,
  source,
  address,
  certificate,
  by_uid,
  by_command,
  reason,
  digest,
  changes,
  bundle
};

constexpr const char* insert_sql =
    "INSERT INTO history (trust_domain, number, at, action, sequence, source, address, certificate, by_uid, by_command,"
    " reason, digest, changes, bundle) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)"
    " ON CONFLICT (trust_domain, number) DO NOTHING";
constexpr const char* remember_sql =
    "INSERT INTO histories (trust_domain, last_number) VALUES (?1, ?2)"
    " ON CONFLICT (trust_domain) DO UPDATE SET last_number = max(last_number, excluded.last_number)";
constexpr const char* select_sql =
    "SELECT trust_domain, number, at, action, sequence, source, address, certificate, by_uid, by_command, reason,"
    " digest, changes, bundle FROM history WHERE trust_domain = ?1 AND number BETWEEN ?2 AND ?3"
    " ORDER BY number DESC LIMIT ?4";
// As many as there are at most: less where numbers are missing. Both ends are one look into the index.
constexpr const char* span_sql =
    "SELECT (SELECT max(number) FROM history WHERE trust_domain = ?1)"
    " - (SELECT min(number) FROM history WHERE trust_domain = ?1) + 1";
constexpr const char* prune_one_sql =
    "DELETE FROM history WHERE trust_domain = ?1 AND number <="
    " (SELECT number FROM history WHERE trust_domain = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
constexpr const char* prune_old_sql = "DELETE FROM history WHERE at < ?1";
constexpr const char* last_events_sql = "SELECT trust_domain, last_number FROM histories";

// In bytes; some fifty authorities. A longer bundle is on record without its document: nobody can roll back to it.
constexpr std::size_t longest_recorded_bundle = 64U << 10;

std::int64_t to_integer(std::uint64_t value) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(value, most));
}

std::string write_changes(const std::vector<trust::AuthorityChange>& list) {
  auto json = nlohmann::json::array();
  for (const auto& change : list) {
    nlohmann::json one = {{"added", change.added}, {"use", change.use}, {"id", change.id}, {"subject", change.subject}};
    if (change.expires_at) one["expires_at"] = to_column(*change.expires_at);
    json.push_back(std::move(one));
  }
  // The subject is a stranger's: whatever it holds is no reason to lose the entry.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<trust::AuthorityChange>> read_changes(const std::string& text) {
  const Result<nlohmann::json> parsed = spiffe::parse_strict_json(text);
  if (!parsed) return parsed.error().within("changes");
  std::vector<trust::AuthorityChange> list;
  try {
    for (const auto& one : *parsed) {
      trust::AuthorityChange& change = list.emplace_back();
      one.at("added").get_to(change.added);
      one.at("use").get_to(change.use);
      one.at("id").get_to(change.id);
      one.at("subject").get_to(change.subject);
      if (one.contains("expires_at")) change.expires_at = to_time(one.at("expires_at").get<std::int64_t>());
    }
  } catch (const nlohmann::json::exception& wrong) {
    return Error(Errc::store, std::string("changes: ") + wrong.what());
  }
  return list;
}

void bind_actor(SqliteStatement& statement, const std::optional<trust::Actor>& by) {
  if (!by) {
    statement.bind_null(by_uid + 1);
    statement.bind_null(by_command + 1);
    return;
  }
  statement.bind(by_uid + 1, std::int64_t{by->uid});
  statement.bind(by_command + 1, by->command);
}

void bind_entry(SqliteStatement& statement, const trust::HistoryEntry& entry, BundleTexts& texts) {
  statement.bind(trust_domain + 1, entry.trust_domain.name());
  statement.bind(number + 1, to_integer(entry.number));
  statement.bind(at + 1, to_column(entry.at));
  statement.bind(action + 1, trust::to_string(entry.action));
  bind_sequence(statement, sequence + 1, entry.sequence);
  statement.bind(source + 1, entry.from.source);
  statement.bind(address + 1, entry.from.address);
  statement.bind(certificate + 1, entry.from.certificate);
  bind_actor(statement, entry.by);
  statement.bind(reason + 1, entry.reason);
  statement.bind(digest + 1, entry.digest);
  statement.bind(changes + 1, write_changes(entry.changes));
  // The peer chooses how long its bundles are and how often they change: the record of them must not fill a disk.
  const bool kept = entry.bundle && texts.of(*entry.bundle).size() <= longest_recorded_bundle;
  bind_bundle(statement, bundle + 1, kept ? entry.bundle : nullptr, texts);
}

Result<trust::HistoryEntryPtr> read_entry(const SqliteStatement& row, const spiffe::TrustDomain& domain) {
  const auto what = trust::parse_history_action(row.text(action));
  if (!what) return Error(Errc::store, "action \"" + row.text(action) + "\" is not known");
  auto entry = std::make_shared<trust::HistoryEntry>(domain, *what);
  entry->number = static_cast<std::uint64_t>(row.number(number));
  entry->at = to_time(row.number(at));
  const auto stored_sequence = read_sequence(row, sequence, "sequence");
  if (!stored_sequence) return stored_sequence.error();
  entry->sequence = *stored_sequence;
  entry->from = {row.text(source), row.text(address), row.text(certificate)};
  if (!row.is_null(by_uid)) {
    entry->by.emplace();
    entry->by->uid = static_cast<std::uint32_t>(row.number(by_uid));
    entry->by->command = row.text(by_command);
  }
  entry->reason = row.text(reason);
  entry->digest = row.text(digest);
  auto list = read_changes(row.text(changes));
  if (!list) return list.error();
  entry->changes = std::move(*list);
  auto recorded = read_bundle(row, bundle, domain, "bundle");
  if (!recorded) return recorded.error();
  entry->bundle = std::move(*recorded);
  return trust::HistoryEntryPtr(std::move(entry));
}

Status insert(SqliteDatabase& database, const trust::HistoryEntry& entry, BundleTexts& texts) {
  Result<SqliteStatement> statement = database.statement(insert_sql);
  if (!statement) return statement.error();
  bind_entry(*statement, entry, texts);
  return statement->run();
}

Status remember_last(SqliteDatabase& database, const std::string& name, std::uint64_t last) {
  Result<SqliteStatement> statement = database.statement(remember_sql);
  if (!statement) return statement.error();
  statement->bind(1, name);
  statement->bind(2, to_integer(last));
  return statement->run();
}

// Brings one history to the newest `most`, if there may be more than `tolerated`.
Status prune_one(SqliteDatabase& database, const std::string& name, std::size_t most, std::size_t tolerated) {
  {
    Result<SqliteStatement> span = database.statement(span_sql);
    if (!span) return span.error();
    span->bind(1, name);
    const Result<bool> row = span->step();
    if (!row) return row.error();
    if (span->number(0) <= to_integer(tolerated)) return ok();
  }
  Result<SqliteStatement> statement = database.statement(prune_one_sql);
  if (!statement) return statement.error();
  statement->bind(1, name);
  statement->bind(2, to_integer(most));
  return statement->run();
}

}  // namespace

Status append_history(SqliteDatabase& database, const std::vector<trust::HistoryEntryPtr>& events, std::size_t most,
                      BundleTexts& texts) {
  std::map<std::string_view, std::uint64_t> last;
  for (const auto& event : events) {
    if (const Status done = insert(database, *event, texts); !done) return done.error();
    std::uint64_t& newest = last[event->trust_domain.name()];
    newest = std::max(newest, event->number);
  }
  for (const auto& [view, newest] : last) {
    const std::string name(view);
    if (const Status done = remember_last(database, name, newest); !done) return done.error();
    if (const Status done = prune_one(database, name, most, with_a_tenth(most)); !done) return done.error();
  }
  return ok();
}

Result<StoredHistory> read_history(SqliteDatabase& database, const spiffe::TrustDomain& domain,
                                   const HistoryQuery& query) {
  Result<SqliteStatement> statement = database.statement(select_sql);
  if (!statement) return statement.error();
  statement->bind(1, domain.name());
  statement->bind(2, to_integer(query.first));
  statement->bind(3, to_integer(query.last));
  statement->bind(4, to_integer(query.limit));
  StoredHistory found;
  for (;;) {
    const Result<bool> row = statement->step();
    if (!row) return row.error();
    if (!*row) break;
    auto entry = read_entry(*statement, domain);
    if (entry)
      found.entries.push_back(std::move(*entry));
    else
      found.unreadable.push_back(
          entry.error().within("history of " + domain.name() + ", entry " + statement->text(number)));
  }
  std::reverse(found.entries.begin(), found.entries.end());
  return found;
}

Status prune_history(SqliteDatabase& database, const trust::HistoryLimits& limits, Time now) {
  {
    Result<SqliteStatement> old = database.statement(prune_old_sql);
    if (!old) return old.error();
    old->bind(1, to_column(oldest_kept(limits, now)));
    if (const Status done = old->run(); !done) return done.error();
  }
  const auto last = read_last_events(database);
  if (!last) return last.error();
  for (const auto& [domain, newest] : *last)
    if (const Status done = prune_one(database, domain.name(), limits.entries, limits.entries); !done)
      return done.error();
  return ok();
}

Result<std::map<spiffe::TrustDomain, std::uint64_t>> read_last_events(SqliteDatabase& database) {
  Result<SqliteStatement> query = database.statement(last_events_sql);
  if (!query) return query.error();
  std::map<spiffe::TrustDomain, std::uint64_t> last;
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return last;
    // A name that is none has no history that anybody could ask for.
    if (auto domain = spiffe::TrustDomain::parse(query->text(0)))
      last.emplace(std::move(*domain), static_cast<std::uint64_t>(query->number(1)));
  }
}

}  // namespace entente::store
