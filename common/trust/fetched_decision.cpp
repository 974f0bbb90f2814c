#include <algorithm>
#include <utility>

#include "common/trust/change_policy.hpp"
#include "common/trust/decision_parts.hpp"

namespace entente::trust {
namespace {

BundleRecord candidate_record(Time now, const BundleRecord* current, const Candidate& candidate) {
  BundleRecord next = succeed(now, current, candidate.bundle);
  next.origin = candidate.origin;
  next.source = candidate.from.source;
  next.fetched_at = now;
  return next;
}

Decision take_by_word(Time now, const BundleRecord& current, const Candidate& candidate) {
  BundleRecord next = candidate_record(now, &current, candidate);
  forgive(next);
  const bool same = in_use(&current, *candidate.bundle);
  if (same && current.fetched_at) next.fetched_at = current.fetched_at;
  std::string summary = describe_change(bundle_in_use(&current), *candidate.bundle);
  summary += same ? "; the operator's word is used up" : "; taken by the operator's word";
  return Accept{std::move(next), std::move(summary)};
}

Decision take(Time now, const BundleRecord* current, const Candidate& candidate, const SequenceFindings& found) {
  BundleRecord next = candidate_record(now, current, candidate);
  keep_floor(current, found, next);
  std::string summary = describe_change(bundle_in_use(current), *candidate.bundle);
  if (found.reused)
    summary += "; sequence " + sequence_text(candidate.bundle->sequence) + " came again with other authorities";
  if (found.missing)
    summary += "; no sequence any more, the highest one seen is " + sequence_text(current->highest_sequence);
  return Accept{std::move(next), std::move(summary)};
}

// The endpoint serves just what is in use but did not come from it: from now on it counts as fetched.
Decision confirm(Time now, const BundleRecord& current, const Candidate& candidate) {
  if (current.origin == Origin::fetched || candidate.origin == Origin::imported) return Unchanged{};
  BundleRecord next = current;
  next.bundle = candidate.bundle;
  next.origin = Origin::fetched;
  next.source = candidate.from.source;
  next.fetched_at = now;
  return Accept{std::move(next), "same content, now confirmed by the endpoint"};
}

// What a new record holds where nothing is in use.
BundleRecord nothing_in_use(Time now, const spiffe::TrustDomain& trust_domain) {
  BundleRecord none;
  none.bundle = std::make_shared<const spiffe::Bundle>(trust_domain);
  none.origin = Origin::none;
  none.changed_at = now;
  return none;
}

Decision hold(Time now, const BundleRecord* current, const Candidate& candidate, std::string why) {
  const spiffe::Bundle& offered = *candidate.bundle;
  BundleRecord next = current ? *current : nothing_in_use(now, offered.trust_domain);
  if (next.held && same_content(*next.held->bundle, offered)) return Unchanged{.held = true};
  if (next.held && offered.sequence && *offered.sequence < next.held->bundle->sequence)
    return Refuse{Error(Errc::sequence_older, "sequence " + sequence_text(offered.sequence) + " is lower than " +
                                                  sequence_text(next.held->bundle->sequence) +
                                                  ", which waits for approval; where the older "
                                                  "one is right, run `entente federation reject " +
                                                  offered.trust_domain.name() + " --digest " + next.held->digest +
                                                  "`")};
  std::string summary = describe_change(bundle_in_use(current), offered) + "; held by " + why;
  next.held = HeldBundle{candidate.bundle, spiffe::authorities_digest(offered), candidate.origin, candidate.from, now,
                         std::move(why)};
  return Hold{std::move(next), std::move(summary)};
}

std::optional<Error> rejection(const BundleRecord* current, const spiffe::Bundle& offered, bool adds) {
  if (current == nullptr || current->rejected.empty()) return std::nullopt;
  if (!adds && !current->rolled_back) return std::nullopt;
  const std::string digest = spiffe::authorities_digest(offered);
  if (std::find(current->rejected.begin(), current->rejected.end(), digest) == current->rejected.end())
    return std::nullopt;
  return Error(Errc::rejected, "an operator rejected this bundle, digest " + digest + way_out(offered.trust_domain));
}

}  // namespace

Decision decide_fetched(Time now, const BundleRecord* current, const Candidate& candidate, const Rules& rules) {
  const spiffe::Bundle& offered = *candidate.bundle;
  if (current != nullptr && current->trust_domain() != offered.trust_domain)
    return wrong_trust_domain(*current, offered);
  if (current != nullptr && current->accept_next) return take_by_word(now, *current, candidate);
  if (in_use(current, offered)) return confirm(now, *current, candidate);
  const SequenceFindings found = compare_sequence(current, offered);
  if (current != nullptr)
    if (auto error = sequence_objection(*current, offered, rules.sequence, found)) return Refuse{std::move(*error)};
  const bool adds = adds_authority(current, offered);
  if (auto error = rejection(current, offered, adds)) return Refuse{std::move(*error)};
  if (adds)
    if (auto why = policy_objection(rules.policy, current, offered))
      return hold(now, current, candidate, std::move(*why));
  return take(now, current, candidate, found);
}

}  // namespace entente::trust
