// What keeps bundle records, their history, and what the admin API made, over restarts. A true edge: memory, SQLite,
// and etcd later.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/trust/history.hpp"
#include "common/trust/record.hpp"
#include "common/trust/registration_entry.hpp"
#include "common/trust/relationship.hpp"

namespace entente::store {

// A relationship or a registration entry made by the API, put (with its definition) or removed.
struct PutRelationship {
  trust::RelationshipPtr relationship;
};
struct RemoveRelationship {
  spiffe::TrustDomain trust_domain;
};
struct PutEntry {
  trust::RegistrationEntry entry;  // replaces the one of the same id; a new one comes last
};
struct RemoveEntry {
  std::string id;
};
using RegistryChange = std::variant<PutRelationship, RemoveRelationship, PutEntry, RemoveEntry>;

// One compare-and-set: the record of a trust domain goes from `expected_revision` (0: none) to `record` (null:
// removed).
struct Change {
  spiffe::TrustDomain trust_domain;
  std::uint64_t expected_revision = 0;
  trust::RecordPtr record;
};

// All that one transaction writes.
struct Batch {
  std::vector<Change> changes;
  std::vector<trust::HistoryEntryPtr> events;  // appended; their numbers grow within a trust domain
  std::vector<RegistryChange> registry;
  // Where a history that the batch appends to exceeds this by a tenth, its oldest entries go in the same transaction:
  // it cannot grow without bound between two prunings.
  std::size_t history_entries = std::numeric_limits<std::size_t>::max();
  bool empty() const { return changes.empty() && events.empty() && registry.empty(); }
};

// A record that is there and cannot be read. It stays as it is until a change replaces it, which is expected to name
// its revision; one unreadable record never hides another.
struct Unreadable {
  std::string trust_domain;  // as stored; may be no trust domain's name at all
  std::uint64_t revision = 0;
  Error reason;
};

// The definition of a relationship or a registration entry that cannot be read. It stays as it is until it is put or
// removed by its key.
struct UnreadableDefinition {
  std::string name;  // "relationship b.test", "registration entry 4711"
  Error reason;
};

struct Loaded {
  std::vector<trust::BundleRecord> records;
  std::vector<Unreadable> unreadable;
  std::map<spiffe::TrustDomain, std::uint64_t> last_event;  // the newest number in each history
  std::vector<trust::RelationshipPtr> relationships;        // of RelationshipSource::api
  trust::RegistrationEntries entries;                       // in the order of their creation
  std::vector<UnreadableDefinition> unreadable_definitions;
};

// Which part of a history: numbers in [first, last], the newest `limit` of them.
struct HistoryQuery {
  std::uint64_t first = 0;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  std::size_t limit = 100;
};

// A part of one history.
struct StoredHistory {
  std::vector<trust::HistoryEntryPtr> entries;  // oldest first
  std::vector<Error> unreadable;                // entries that are left out: which, and why
};

// Blocking. Called by one thread at a time (by the ledger's writer after load()), but for history(), which another
// thread may call meanwhile: one at a time.
class Store {
 public:
  virtual ~Store() = default;

  // Every record, in any order. An error when the store as a whole cannot be read.
  virtual Result<Loaded> load() = 0;

  // All of the batch or none, durable when it returns ok(). Errc::conflict when an expected revision is not the stored
  // one, Errc::store when the store refuses. An event whose number is stored already is the same event written again:
  // it is left alone.
  virtual Status write(const Batch& batch) = 0;

  // Bundles included. An error only when the history as a whole cannot be read.
  virtual Result<StoredHistory> history(const spiffe::TrustDomain& trust_domain, const HistoryQuery& query) = 0;

  // What exceeds the limits at `now` goes, the oldest first; one transaction. Numbers are never given again:
  // Loaded::last_event stays.
  virtual Status prune_history(const trust::HistoryLimits& limits, Time now) = 0;
};

}  // namespace entente::store
