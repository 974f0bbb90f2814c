// What is known of one trust domain's bundle: the bundle in use, and all that the next decision about it needs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/trust/history.hpp"

namespace entente::trust {

inline constexpr std::size_t most_rejected = 16;

enum class Origin {
  own,        // this trust domain's own bundle, from its local source
  bootstrap,  // given by the operator, nothing fetched yet
  fetched,    // from the peer's endpoint
  given,      // by an operator over the admin API (`bundle set`)
  imported,   // from a signed file (`bundle import`)
  none,       // nothing is in use: there is but a held or rejected candidate
};
std::string_view to_string(Origin origin);

// The operator's word that the next good fetch is taken whatever its sequence; used once.
struct AcceptNext {
  std::string reason;
  std::string by;  // "uid 1000 (entente)": describe(Actor)
  Time at;
  friend bool operator==(const AcceptNext&, const AcceptNext&) = default;
};

// A bundle that waits for an operator's approval. What is in use does not depend on it.
struct HeldBundle {
  spiffe::BundlePtr bundle;  // never null
  std::string digest;        // authorities_digest(*bundle): what `approve` and `reject` name it by
  Origin origin = Origin::fetched;
  Provenance from;
  Time at;          // when it came
  std::string why;  // which policy holds it, and for what
};

// A value; shared as `shared_ptr<const BundleRecord>`. Never changed in place: every change is a new record through
// Ledger::apply.
struct BundleRecord {
  spiffe::BundlePtr bundle;                       // never null; empty where origin is none
  std::uint64_t revision = 0;                     // 1 for the first; given by the ledger
  std::optional<std::uint64_t> highest_sequence;  // the floor: nothing below it is accepted without an operator's word
  Origin origin = Origin::fetched;
  std::string source;              // URL, file or "issuer"
  Time changed_at;                 // when the content last changed
  std::optional<Time> fetched_at;  // when this content was first fetched; null for own, bootstrap and given
  bool sequence_reused = false;    // warnings that last until the next content change
  bool sequence_missing = false;
  std::string bootstrap_digest;  // of the bootstrap bundle last taken: tells an operator's change of it
  std::optional<AcceptNext> accept_next;
  std::optional<HeldBundle> held;
  std::vector<std::string> rejected;  // digests that an operator rejected, the newest last, at most most_rejected
  // For each use the last authorities accepted that were not none; null: those of `bundle`. What `overlap` compares
  // with, so that a detour over `keys: []` gets nobody past it.
  spiffe::BundlePtr last_non_empty;
  bool rolled_back = false;  // an operator restored this bundle: only a higher sequence than the floor replaces it

  bool in_use() const { return origin != Origin::none; }

  const spiffe::TrustDomain& trust_domain() const { return bundle->trust_domain; }
};
using RecordPtr = std::shared_ptr<const BundleRecord>;

}  // namespace entente::trust
