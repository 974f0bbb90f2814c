#include "common/trust/decision.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace entente::trust {
namespace {

using Sequence = std::optional<std::uint64_t>;

std::string number(const Sequence& sequence) { return sequence ? std::to_string(*sequence) : "none"; }

bool same_content(const spiffe::Bundle& a, const spiffe::Bundle& b) {
  return a.sequence == b.sequence && a.refresh_hint == b.refresh_hint && spiffe::same_authorities(a, b);
}

Refuse wrong_trust_domain(const BundleRecord& current, const spiffe::Bundle& offered) {
  return Refuse{Error(Errc::internal, "a bundle of " + offered.trust_domain.name() + " was offered for " +
                                          current.trust_domain().name() + "; trust domains are never merged")};
}

std::string way_out(const spiffe::TrustDomain& trust_domain) {
  return "; where that is right, run `entente federation accept " + trust_domain.name() + " --reason TEXT`";
}

// A roll-back restores an older bundle and keeps the floor.
bool rolled_back(const BundleRecord& current) {
  return current.bundle->sequence && current.highest_sequence && *current.bundle->sequence < *current.highest_sequence;
}

// How a fetched bundle's sequence relates to what was seen before.
struct SequenceFindings {
  bool older = false;  // below the floor
  bool undoes_rollback = false;
  bool reused = false;   // at the floor, with other authorities
  bool missing = false;  // absent, after one was seen
  bool higher = false;
};

SequenceFindings compare_sequence(const BundleRecord& current, const spiffe::Bundle& offered) {
  SequenceFindings found;
  const Sequence& floor = current.highest_sequence;
  if (!floor) return found;
  found.missing = !offered.sequence;
  found.older = offered.sequence && *offered.sequence < *floor;
  found.higher = offered.sequence && *offered.sequence > *floor;
  found.undoes_rollback = rolled_back(current) && !found.higher && !found.older;
  found.reused = offered.sequence == floor && !spiffe::same_authorities(*current.bundle, offered);
  return found;
}

std::optional<Error> objection(const BundleRecord& current, const spiffe::Bundle& offered, SequenceRule rule,
                               const SequenceFindings& found) {
  const std::string floor = number(current.highest_sequence);
  const std::string out = way_out(current.trust_domain());
  if (found.older)
    return Error(Errc::sequence_older, "sequence " + number(offered.sequence) + " is lower than " + floor +
                                           ", the highest one seen: the peer serves an older bundle, or was rebuilt" +
                                           out);
  if (found.undoes_rollback)
    return Error(Errc::sequence_older, "sequence " + number(offered.sequence) + " is not higher than " + floor +
                                           ", from which sequence " + number(current.bundle->sequence) +
                                           " was restored" + out);
  if (rule == SequenceRule::warn) return std::nullopt;
  if (found.missing)
    return Error(Errc::sequence_strict, "the bundle has no sequence any more, the highest one seen is " + floor + out);
  if (found.reused)
    return Error(Errc::sequence_strict, "sequence " + floor + " came again with other authorities" + out);
  return std::nullopt;
}

BundleRecord fetched_record(Time now, const Candidate& candidate) {
  BundleRecord next;
  next.bundle = candidate.bundle;
  next.highest_sequence = candidate.bundle->sequence;
  next.origin = Origin::fetched;
  next.source = candidate.source;
  next.changed_at = now;
  next.fetched_at = now;
  return next;
}

// What a new record takes over from the one it replaces, whatever the bundle.
void carry_over(const BundleRecord& current, BundleRecord& next) {
  next.revision = current.revision;
  next.bootstrap_digest = current.bootstrap_digest;
  if (same_content(*current.bundle, *next.bundle)) next.changed_at = current.changed_at;
}

Decision take_by_word(Time now, const BundleRecord& current, const Candidate& candidate) {
  BundleRecord next = fetched_record(now, candidate);
  carry_over(current, next);
  const bool same = same_content(*current.bundle, *candidate.bundle);
  if (same && current.fetched_at) next.fetched_at = current.fetched_at;
  std::string summary = describe_change(current.bundle.get(), *candidate.bundle);
  summary += same ? "; the operator's word is used up" : "; taken by the operator's word";
  return Accept{std::move(next), std::move(summary)};
}

Decision take_by_sequence(Time now, const BundleRecord& current, const Candidate& candidate,
                          const SequenceFindings& found) {
  BundleRecord next = fetched_record(now, candidate);
  carry_over(current, next);
  next.highest_sequence = std::max(current.highest_sequence, candidate.bundle->sequence);
  next.sequence_missing = found.missing;
  // The hint alone changes nothing about a sequence that was reused; other authorities or a higher sequence do.
  const bool same_keys = spiffe::same_authorities(*current.bundle, *candidate.bundle);
  next.sequence_reused = found.reused || (current.sequence_reused && same_keys && !found.higher);
  std::string summary = describe_change(current.bundle.get(), *candidate.bundle);
  if (found.reused)
    summary += "; sequence " + number(candidate.bundle->sequence) + " came again with other authorities";
  if (found.missing) summary += "; no sequence any more, the highest one seen is " + number(current.highest_sequence);
  return Accept{std::move(next), std::move(summary)};
}

// The endpoint serves just what the operator gave: from now on it counts as fetched.
Decision confirm(Time now, const BundleRecord& current, const Candidate& candidate) {
  BundleRecord next = current;
  next.bundle = candidate.bundle;
  next.origin = Origin::fetched;
  next.source = candidate.source;
  next.fetched_at = now;
  return Accept{std::move(next), "same content, now confirmed by the endpoint"};
}

std::uint64_t next_own_sequence(Time now, const BundleRecord* current, const Sequence& offered) {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_seconds(now), 0));
  std::uint64_t sequence = std::max(seconds, offered.value_or(0));
  if (current == nullptr) return sequence;
  const std::uint64_t last = std::max(current->highest_sequence, current->bundle->sequence).value_or(0);
  const bool full = last == std::numeric_limits<std::uint64_t>::max();
  return std::max(sequence, full ? last : last + 1);
}

}  // namespace

Decision decide_fetched(Time now, const BundleRecord* current, const Candidate& candidate, SequenceRule rule) {
  if (current == nullptr) return Accept{fetched_record(now, candidate), describe_change(nullptr, *candidate.bundle)};
  if (current->trust_domain() != candidate.bundle->trust_domain) return wrong_trust_domain(*current, *candidate.bundle);
  if (current->accept_next) return take_by_word(now, *current, candidate);
  if (same_content(*current->bundle, *candidate.bundle)) {
    if (current->origin == Origin::fetched) return Unchanged{};
    return confirm(now, *current, candidate);
  }
  const SequenceFindings found = compare_sequence(*current, *candidate.bundle);
  if (auto error = objection(*current, *candidate.bundle, rule, found)) return Refuse{std::move(*error)};
  return take_by_sequence(now, *current, candidate, found);
}

Decision decide_bootstrap(Time now, const BundleRecord* current, const spiffe::BundlePtr& bootstrap,
                          const std::string& source) {
  if (!bootstrap) return Unchanged{};
  if (current != nullptr && current->trust_domain() != bootstrap->trust_domain)
    return wrong_trust_domain(*current, *bootstrap);
  const std::string digest = spiffe::authorities_digest(*bootstrap);
  if (current != nullptr && current->bootstrap_digest == digest) return Unchanged{};
  if (current != nullptr && spiffe::same_authorities(*current->bundle, *bootstrap)) {
    BundleRecord next = *current;
    next.bootstrap_digest = digest;
    return Accept{std::move(next), "same authorities as held; the bootstrap bundle is noted as seen"};
  }
  BundleRecord next;
  next.bundle = bootstrap;
  next.highest_sequence = bootstrap->sequence;
  next.origin = Origin::bootstrap;
  next.source = source;
  next.changed_at = now;
  next.bootstrap_digest = digest;
  if (current != nullptr) {
    next.revision = current->revision;
    next.accept_next = current->accept_next;
  }
  std::string summary = describe_change(current ? current->bundle.get() : nullptr, *bootstrap);
  return Accept{std::move(next), summary + "; bootstrap bundle taken"};
}

Decision decide_own(Time now, const BundleRecord* current, const spiffe::Bundle& offered, const std::string& source) {
  if (current != nullptr && current->trust_domain() != offered.trust_domain)
    return wrong_trust_domain(*current, offered);
  const bool held = current != nullptr && current->origin == Origin::own &&
                    current->bundle->refresh_hint == offered.refresh_hint &&
                    spiffe::same_authorities(*current->bundle, offered);
  if (held && offered.sequence <= current->bundle->sequence) return Unchanged{};
  auto bundle = std::make_shared<spiffe::Bundle>(offered);
  // The same content under a larger sequence of the source's own: adopted as it is.
  if (!held) bundle->sequence = next_own_sequence(now, current, offered.sequence);
  BundleRecord next;
  next.bundle = bundle;
  next.revision = current ? current->revision : 0;
  next.highest_sequence = bundle->sequence;
  next.origin = Origin::own;
  next.source = source;
  next.changed_at = now;
  return Accept{std::move(next), describe_change(current ? current->bundle.get() : nullptr, *bundle)};
}

BundleRecord with_accept_next(const BundleRecord& current, AcceptNext word) {
  BundleRecord next = current;
  next.accept_next = std::move(word);
  return next;
}

}  // namespace entente::trust
