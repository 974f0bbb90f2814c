// The one place where it is decided whether a bundle replaces another: pure functions of `now`, what is held, and what
// came. docs/design.md, Sequences; FC-13.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/trust/record.hpp"
#include "common/trust/relationship.hpp"

namespace entente::trust {

// A bundle of a peer's that passed verification: from its endpoint, or from a signed file.
struct Candidate {
  spiffe::BundlePtr bundle;
  Provenance from;
  Origin origin = Origin::fetched;  // or imported
};

// What a relationship says about its peer's bundles.
struct Rules {
  SequenceRule sequence = SequenceRule::warn;
  ChangePolicy policy = ChangePolicy::accept;
};

struct Accept {
  BundleRecord next;    // revision is the ledger's to give
  std::string summary;  // for the log: "2 X.509 authorities added, 1 removed; sequence 7 -> 9"
};
// The candidate waits for an operator; what is in use stays as it is. `next` differs from the current record in `held`
// alone, or is a record of Origin::none where nothing is in use yet.
struct Hold {
  BundleRecord next;
  std::string summary;
};
// Same authorities, sequence and hint as in use, or as held already: nothing to write.
struct Unchanged {
  bool held = false;  // the candidate is the one that waits for approval
};
struct Refuse {
  Error reason;  // sequence_older, sequence_strict or rejected, in words to act on; internal: a bug
};
using Decision = std::variant<Accept, Hold, Unchanged, Refuse>;

// A candidate against what is in use (`current` may be null). In this order:
// - A bundle of another trust domain than the record's is refused as the bug that it is (FC-14, FC-15).
// - The operator's word (accept_next) takes whatever came, once, and is used up by what is in use already, too. The
//   floor becomes the sequence that was taken (none, if it has none), so that the peer's next one is acceptable. It is
//   stronger than the policy and than a rejection, which it lifts.
// - Unchanged for what is in use already; but a bootstrap, given or imported bundle that the endpoint confirms turns
//   fetched: an Accept. What waits goes on waiting in both cases.
// - Below the floor: refused, whatever the authorities. While a roll-back holds, only a sequence above the floor is
//   taken; where there is no floor, the rejection of what was left behind keeps that out.
// - At the floor with other authorities, or without a sequence after one was seen: taken with a warning, refused under
//   `strict`. A peer that stops sending sequences keeps its floor. Warnings end with other authorities or a higher one.
// - Removals alone, an empty bundle, and changes of hint or sequence alone pass now, under every policy.
// - A digest that an operator rejected is refused (Errc::rejected), whatever the policy: his no outlasts a change of
//   it. While a roll-back holds this goes for removals, too: what was left behind may be just that.
// - What adds authorities is judged by the policy: `overlap` holds a bundle that for some use has keys, none of which
//   is among the last non-empty ones accepted for that use (a use that never had keys has nothing to overlap with);
//   `approve` holds every one, the first bundle included. A newer candidate replaces the one that waits, an older one
//   (by its sequence) is refused; whatever is accepted ends the hold.
// A bundle that waits raises no floor: it changes nothing else. After a 304 the caller decides with what the ETag was
// of, in use or waiting, as the candidate: the word, the bootstrap case, or another policy may apply.
Decision decide_fetched(Time now, const BundleRecord* current, const Candidate& candidate, const Rules& rules);

// `federation approve`: what waits under this digest comes into use. Errc::not_found where nothing waits,
// Errc::conflict where something else does: it names both digests. Errc::sequence_older where it is below the floor.
Result<Accept> decide_approve(Time now, const BundleRecord* current, std::string_view digest);
// `federation reject`: the hold ends, and this digest is not held again. Errors as above. The record's bundle stays.
Result<BundleRecord> decide_reject(const BundleRecord* current, std::string_view digest);

// `federation rollback`: `recorded`, of this trust domain's history, comes into use again. The floor stays: only a
// higher sequence, or the operator's word, replaces it (a floor below the restored bundle's own sequence becomes that);
// where the bundle left behind had no sequence, its digest counts as rejected. Errc::invalid_argument where it is in
// use already. Ends a hold and a pending word. `number` is that of the history's entry.
Result<Accept> decide_rollback(Time now, const BundleRecord& current, const spiffe::BundlePtr& recorded,
                               std::uint64_t number);

// `bundle set`, by an operator for a federated trust domain: the operator's word, whatever the sequence and the policy.
// The floor becomes the given bundle's sequence, or none. Ends a hold and a roll-back. Unchanged where authorities,
// sequence and hint are those in use.
Decision decide_given(Time now, const BundleRecord* current, const spiffe::BundlePtr& given, const Provenance& from);

// The bootstrap bundle of the configuration against what is held: taken when nothing is held, and when the operator
// changed it, or first gave one, since it was last taken: the operator's word, whatever the sequence. The floor becomes
// the given bundle's sequence, or none, so that the peer's next bundle is acceptable after a missed rotation. Ends a
// hold and a roll-back. What counts as a change is other authorities. Where they are those held already, only their
// being seen is noted: no floor is lowered. Else Unchanged; `bootstrap` may be null.
Decision decide_bootstrap(Time now, const BundleRecord* current, const spiffe::BundlePtr& bootstrap,
                          const std::string& source);

// Our own authorities from the local source. On a content change (authorities or hint) the sequence becomes
// max(last + 1, unix seconds); a larger one of the source's own is adopted, also without another change. A clock that
// went back lowers nothing; at 2^64-1 the sequence stays there. TB-2.
Decision decide_own(Time now, const BundleRecord* current, const spiffe::Bundle& offered, const std::string& source);

// `bundle delete` where a relationship goes on: nothing is in use any more, and everything that was said no to stays
// so: the floor, a roll-back, what was rejected, what waits, and what `overlap` compares with.
BundleRecord withdrawn_for_now(Time now, const BundleRecord& current);

// `federation accept`: the record with the override set. The caller has made sure that something is held.
BundleRecord with_accept_next(const BundleRecord& current, AcceptNext word);

// What changed between two bundles, in words for logs and people; `before` may be null.
std::string describe_change(const spiffe::Bundle* before, const spiffe::Bundle& after);

}  // namespace entente::trust
