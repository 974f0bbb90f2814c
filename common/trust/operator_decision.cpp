#include <algorithm>
#include <utility>

#include "common/trust/decision_parts.hpp"

namespace entente::trust {
namespace {

// What waits, by the digest that its reviewer saw.
Result<const HeldBundle*> find_held(const BundleRecord* current, std::string_view digest) {
  if (current == nullptr || !current->held)
    return Error(Errc::not_found,
                 (current ? current->trust_domain().name() + ": " : std::string()) + "no bundle waits for approval");
  if (current->held->digest != digest)
    return Error(Errc::conflict, current->trust_domain().name() + ": the bundle that waits for approval is " +
                                     current->held->digest + ", not " + std::string(digest) + "; review it anew");
  return &*current->held;
}

}  // namespace

Result<Accept> decide_approve(Time now, const BundleRecord* current, std::string_view digest) {
  const Result<const HeldBundle*> found = find_held(current, digest);
  if (!found) return found.error();
  const HeldBundle& held = **found;
  const SequenceFindings sequence = compare_sequence(current, *held.bundle);
  if (auto error = sequence_objection(*current, *held.bundle, SequenceRule::warn, sequence)) return *error;
  BundleRecord next = succeed(now, current, held.bundle);
  next.origin = held.origin;
  next.source = held.from.source;
  next.fetched_at = held.at;
  next.accept_next = current->accept_next;
  keep_floor(current, sequence, next);
  return Accept{std::move(next), describe_change(bundle_in_use(current), *held.bundle) + "; approved"};
}

Result<BundleRecord> decide_reject(const BundleRecord* current, std::string_view digest) {
  if (const auto found = find_held(current, digest); !found) return found.error();
  BundleRecord next = *current;
  add_rejected(next, next.held->digest);
  next.held.reset();
  return next;
}

Result<Accept> decide_rollback(Time now, const BundleRecord& current, const spiffe::BundlePtr& recorded,
                               std::uint64_t number) {
  const std::string entry = "history entry " + std::to_string(number);
  if (current.trust_domain() != recorded->trust_domain) return wrong_trust_domain(current, *recorded).reason;
  if (in_use(&current, *recorded))
    return Error(Errc::invalid_argument, current.trust_domain().name() + ": the bundle of " + entry +
                                             " is in use already; nothing to roll back");
  BundleRecord next = succeed(now, &current, recorded);
  // What is in use goes on counting as what it was: a bundle of the endpoint's, or the operator's.
  next.origin = current.in_use() ? current.origin : Origin::given;
  next.fetched_at = current.fetched_at;
  next.source = entry;
  next.highest_sequence = std::max(current.highest_sequence, recorded->sequence);
  next.rolled_back = true;
  if (current.in_use() && !current.bundle->sequence) add_rejected(next, spiffe::authorities_digest(*current.bundle));
  forgive(next);
  return Accept{std::move(next), describe_change(bundle_in_use(&current), *recorded) + "; restored from " + entry};
}

Decision decide_given(Time now, const BundleRecord* current, const spiffe::BundlePtr& given, const Provenance& from) {
  if (current != nullptr && current->trust_domain() != given->trust_domain) return wrong_trust_domain(*current, *given);
  const spiffe::Bundle* before = bundle_in_use(current);
  if (before != nullptr && same_content(*before, *given)) return Unchanged{};
  BundleRecord next = succeed(now, current, given);
  next.origin = Origin::given;
  next.source = from.source;
  if (current != nullptr) next.accept_next = current->accept_next;
  forgive(next);
  return Accept{std::move(next), describe_change(before, *given) + "; given by an operator"};
}

Decision decide_bootstrap(Time now, const BundleRecord* current, const spiffe::BundlePtr& bootstrap,
                          const std::string& source) {
  if (!bootstrap) return Unchanged{};
  if (current != nullptr && current->trust_domain() != bootstrap->trust_domain)
    return wrong_trust_domain(*current, *bootstrap);
  const std::string digest = spiffe::authorities_digest(*bootstrap);
  if (current != nullptr && current->bootstrap_digest == digest) return Unchanged{};
  const spiffe::Bundle* before = bundle_in_use(current);
  if (before != nullptr && spiffe::same_authorities(*before, *bootstrap)) {
    BundleRecord next = *current;
    next.bootstrap_digest = digest;
    return Accept{std::move(next), "same authorities as held; the bootstrap bundle is noted as seen"};
  }
  BundleRecord next = succeed(now, current, bootstrap);
  next.origin = Origin::bootstrap;
  next.source = source;
  next.bootstrap_digest = digest;
  if (current != nullptr) next.accept_next = current->accept_next;
  forgive(next);
  return Accept{std::move(next), describe_change(before, *bootstrap) + "; bootstrap bundle taken"};
}

BundleRecord withdrawn_for_now(Time now, const BundleRecord& current) {
  BundleRecord next = current;
  const auto nothing = std::make_shared<const spiffe::Bundle>(current.trust_domain());
  next.last_non_empty = succeed(now, &current, nothing).last_non_empty;
  next.bundle = nothing;
  next.origin = Origin::none;
  next.source.clear();
  next.changed_at = now;
  next.fetched_at.reset();
  next.sequence_reused = next.sequence_missing = false;
  next.accept_next.reset();
  return next;
}

BundleRecord with_accept_next(const BundleRecord& current, AcceptNext word) {
  BundleRecord next = current;
  next.accept_next = std::move(word);
  return next;
}

}  // namespace entente::trust
