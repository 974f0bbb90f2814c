// What is known of one trust domain's bundle: the bundle in use, and all that the next decision about it needs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"

namespace entente::trust {

enum class Origin {
  own,        // this trust domain's own bundle, from its local source
  bootstrap,  // given by the operator, nothing fetched yet
  fetched,    // from the peer's endpoint
};
std::string_view to_string(Origin origin);

// The operator's word that the next good fetch is taken whatever its sequence; used once.
struct AcceptNext {
  std::string reason;
  std::string by;  // "uid 1000"
  Time at;
  friend bool operator==(const AcceptNext&, const AcceptNext&) = default;
};

// A value; shared as `shared_ptr<const BundleRecord>`. Never changed in place: every change is a new record through
// Ledger::apply.
struct BundleRecord {
  spiffe::BundlePtr bundle;                       // never null
  std::uint64_t revision = 0;                     // 1 for the first; given by the ledger
  std::optional<std::uint64_t> highest_sequence;  // the floor: nothing below it is accepted without an operator's word
  Origin origin = Origin::fetched;
  std::string source;              // URL, file or "issuer"
  Time changed_at;                 // when the content last changed
  std::optional<Time> fetched_at;  // when this content was first fetched; null for own and bootstrap
  bool sequence_reused = false;    // warnings that last until the next content change
  bool sequence_missing = false;
  std::string bootstrap_digest;  // of the bootstrap bundle last taken: tells an operator's change of it
  std::optional<AcceptNext> accept_next;

  const spiffe::TrustDomain& trust_domain() const { return bundle->trust_domain; }
};
using RecordPtr = std::shared_ptr<const BundleRecord>;

}  // namespace entente::trust
