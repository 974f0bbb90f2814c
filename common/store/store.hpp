// What keeps bundle records over restarts. A true edge: memory, SQLite, and etcd later.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/trust/record.hpp"

namespace entente::store {

// One compare-and-set: the record of a trust domain goes from `expected_revision` (0: none) to `record` (null:
// removed).
struct Change {
  spiffe::TrustDomain trust_domain;
  std::uint64_t expected_revision = 0;
  trust::RecordPtr record;
};

// A record that is there and cannot be read. It stays as it is until a change replaces it, which is expected to name
// its revision; one unreadable record never hides another.
struct Unreadable {
  std::string trust_domain;  // as stored; may be no trust domain's name at all
  std::uint64_t revision = 0;
  Error reason;
};

struct Loaded {
  std::vector<trust::BundleRecord> records;
  std::vector<Unreadable> unreadable;
};

// Blocking. Called by one thread at a time: by the ledger's writer after load().
class Store {
 public:
  virtual ~Store() = default;

  // Every record, in any order. An error when the store as a whole cannot be read.
  virtual Result<Loaded> load() = 0;

  // All of the changes or none, durable when it returns ok(). Errc::conflict when an expected revision is not the
  // stored one, Errc::store when the store refuses.
  virtual Status write(std::span<const Change> changes) = 0;
};

}  // namespace entente::store
