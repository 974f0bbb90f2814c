#include "common/store/sqlite_registry.hpp"

#include "common/store/entry_json.hpp"
#include "common/store/registry.hpp"
#include "common/store/relationship_json.hpp"

namespace entente::store {
namespace {

constexpr const char* put_relationship_sql =
    "INSERT INTO relationships (trust_domain, definition) VALUES (?1, ?2)"
    " ON CONFLICT (trust_domain) DO UPDATE SET definition = excluded.definition";
constexpr const char* put_entry_sql =
    "INSERT INTO entries (id, definition) VALUES (?1, ?2)"
    " ON CONFLICT (id) DO UPDATE SET definition = excluded.definition";
constexpr const char* remove_relationship_sql = "DELETE FROM relationships WHERE trust_domain = ?1";
constexpr const char* remove_entry_sql = "DELETE FROM entries WHERE id = ?1";
constexpr const char* relationships_sql = "SELECT trust_domain, definition FROM relationships";
constexpr const char* entries_sql = "SELECT id, definition FROM entries ORDER BY position";

Result<trust::RelationshipPtr> read_relationship(const std::string& name, const std::string& definition) {
  const auto trust_domain = spiffe::TrustDomain::parse(name);
  if (!trust_domain) return trust_domain.error();
  return parse_relationship(*trust_domain, definition);
}

// Each row of a table of keys and definitions; what cannot be read is named and hides none of the others.
template <class Read, class Values>
Status load_table(SqliteDatabase& database, const char* sql, const std::string& kind, Read read, Values& values,
                  std::vector<UnreadableDefinition>& unreadable) {
  Result<SqliteStatement> query = database.statement(sql);
  if (!query) return query.error();
  for (;;) {
    const Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return ok();
    const std::string key = query->text(0);
    auto value = read(key, query->text(1));
    if (value)
      values.push_back(std::move(*value));
    else
      unreadable.push_back({kind + " " + key, value.error()});
  }
}

Status run(SqliteDatabase& database, const char* sql, const std::string& key,
           const std::optional<std::string>& definition = std::nullopt) {
  Result<SqliteStatement> statement = database.statement(sql);
  if (!statement) return statement.error();
  statement->bind(1, key);
  if (definition) statement->bind(2, *definition);
  return statement->run();
}

Error unreadable_again(const RegistryChange& change, const Error& reason) {
  return Error(Errc::invalid_argument, describe(change) + " cannot be kept: " + reason.message());
}

Status write_one(SqliteDatabase& database, const RegistryChange& change) {
  if (const auto put = std::get_if<PutRelationship>(&change)) {
    const std::string& name = put->relationship->trust_domain.name();
    const std::string definition = write_relationship(*put->relationship);
    if (const auto again = read_relationship(name, definition); !again) return unreadable_again(change, again.error());
    return run(database, put_relationship_sql, name, definition);
  }
  if (const auto put = std::get_if<PutEntry>(&change)) {
    const std::string definition = write_entry(put->entry);
    if (const auto again = parse_entry(put->entry.id, definition); !again)
      return unreadable_again(change, again.error());
    return run(database, put_entry_sql, put->entry.id, definition);
  }
  if (const auto removal = std::get_if<RemoveRelationship>(&change))
    return run(database, remove_relationship_sql, removal->trust_domain.name());
  return run(database, remove_entry_sql, std::get<RemoveEntry>(change).id);
}

}  // namespace

Status load_registry(SqliteDatabase& database, Loaded& loaded) {
  const Status relationships = load_table(database, relationships_sql, "relationship", read_relationship,
                                          loaded.relationships, loaded.unreadable_definitions);
  if (!relationships) return relationships.error();
  return load_table(database, entries_sql, "registration entry", parse_entry, loaded.entries,
                    loaded.unreadable_definitions);
}

Status write_registry(SqliteDatabase& database, const std::vector<RegistryChange>& changes) {
  for (const auto& change : changes)
    if (const Status done = write_one(database, change); !done) return done.error();
  return ok();
}

}  // namespace entente::store
