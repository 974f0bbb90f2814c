// All bundles at one moment: what every reader works on. Immutable; replaced whole; cheap to share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/spiffe/trust_domain.hpp"
#include "common/trust/record.hpp"

namespace entente::trust {

// Replacing one record copies one vector of pointers: O(trust domains) pointer copies, no record is copied.
struct Snapshot {
  std::uint64_t version = 0;               // grows by one with every visible change
  std::optional<spiffe::TrustDomain> own;  // null with `local: {none: {}}`
  std::vector<RecordPtr> records;          // what is in use, sorted by trust domain name, own included
  std::vector<RecordPtr> waiting;  // sorted too: nothing in use, but a candidate held or rejected (Origin::none)

  // O(log n); null when nothing is in use.
  RecordPtr find(const spiffe::TrustDomain& trust_domain) const;
  // In use or waiting: what decisions are made on. O(log n).
  RecordPtr find_any(const spiffe::TrustDomain& trust_domain) const;
  RecordPtr own_record() const { return own ? find(*own) : nullptr; }
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Replaces, adds or (null) removes one record, in a snapshot that is still being made.
void put_record(Snapshot& snapshot, const spiffe::TrustDomain& trust_domain, RecordPtr record);

// A snapshot with one record replaced, added, or (null) removed.
SnapshotPtr with_record(const Snapshot& before, const spiffe::TrustDomain& trust_domain, RecordPtr record);

}  // namespace entente::trust
