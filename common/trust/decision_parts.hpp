// What the decisions have in common. Internal to common/trust.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/trust/decision.hpp"
#include "common/trust/sequence_text.hpp"

namespace entente::trust {

using Sequence = std::optional<std::uint64_t>;

// Authorities, sequence and hint.
bool same_content(const spiffe::Bundle& a, const spiffe::Bundle& b);
// Whether that is what is in use; `current` may be null.
bool in_use(const BundleRecord* current, const spiffe::Bundle& bundle);
// What is in use, for a difference; null where nothing is. `current` may be null.
const spiffe::Bundle* bundle_in_use(const BundleRecord* current);

Refuse wrong_trust_domain(const BundleRecord& current, const spiffe::Bundle& offered);
// "; where that is right, run `entente federation accept b.test --reason TEXT`".
std::string way_out(const spiffe::TrustDomain& trust_domain);

// How a bundle's sequence relates to the floor; nothing where `current` is null.
struct SequenceFindings {
  bool older = false;            // below the floor
  bool undoes_rollback = false;  // not above it, while a roll-back holds
  bool reused = false;           // at the floor, with other authorities
  bool missing = false;          // absent, after one was seen
  bool higher = false;
};
SequenceFindings compare_sequence(const BundleRecord* current, const spiffe::Bundle& offered);
// Errc::sequence_older or sequence_strict, in words an operator can act on.
std::optional<Error> sequence_objection(const BundleRecord& current, const spiffe::Bundle& offered, SequenceRule rule,
                                        const SequenceFindings& found);

// A record of `bundle` as it comes into use: the floor is its sequence, what outlives a change of bundle is taken over
// from `current` (may be null), a hold has ended.
BundleRecord succeed(Time now, const BundleRecord* current, const spiffe::BundlePtr& bundle);
// Somebody's word took this bundle: it is not rejected any more.
void forgive(BundleRecord& record);
void add_rejected(BundleRecord& record, const std::string& digest);

// The floor and the warnings of a bundle that was taken without a word about its sequence.
void keep_floor(const BundleRecord* current, const SequenceFindings& found, BundleRecord& next);

}  // namespace entente::trust
