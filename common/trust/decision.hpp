// The one place where it is decided whether a bundle replaces another: pure functions of `now`, what is held, and what
// came. design.md, Sequences; FC-13.
#pragma once

#include <string>
#include <variant>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/trust/record.hpp"
#include "common/trust/relationship.hpp"

namespace entente::trust {

// A bundle that came from a peer's endpoint and passed verification.
struct Candidate {
  spiffe::BundlePtr bundle;
  std::string source;
};

struct Accept {
  BundleRecord next;    // revision is the ledger's to give
  std::string summary;  // for the log: "2 X.509 authorities added, 1 removed; sequence 7 -> 9"
};
// Same authorities, sequence and hint as held: nothing to write.
struct Unchanged {};
struct Refuse {
  Error reason;         // sequence_older or sequence_strict, in words an operator can act on
};
using Decision = std::variant<Accept, Unchanged, Refuse>;

// A fetched bundle against what is held (`current` may be null).
Decision decide_fetched(Time now, const BundleRecord* current, const Candidate& candidate, SequenceRule rule);

// The bootstrap bundle of the configuration against what is held: taken when nothing is held, and when the operator
// changed it since it was last taken (the operator's word, whatever its sequence). Else Unchanged.
Decision decide_bootstrap(Time now, const BundleRecord* current, const spiffe::BundlePtr& bootstrap, const std::string& source);

// Our own authorities from the local source. On a content change the sequence becomes max(last + 1, unix seconds); a larger
// one of the source's own is adopted. TB-2.
Decision decide_own(Time now, const BundleRecord* current, const spiffe::Bundle& offered, const std::string& source);

// `federation accept`: the record with the override set. The caller has made sure that something is held.
BundleRecord with_accept_next(const BundleRecord& current, AcceptNext word);

// What changed between two bundles, in words for logs and people; `before` may be null.
std::string describe_change(const spiffe::Bundle* before, const spiffe::Bundle& after);

}  // namespace entente::trust
