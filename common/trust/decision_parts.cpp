#include "common/trust/decision_parts.hpp"

#include <algorithm>
#include <utility>

namespace entente::trust {
namespace {

template <class Authorities>
bool went(const Authorities& last, const Authorities& next) {
  return next.empty() && !last.empty();
}

// For each use the authorities of `next`, or else the last ones there were; null where `next` says it all.
spiffe::BundlePtr last_non_empty(const BundleRecord& current, const spiffe::Bundle& next) {
  const spiffe::Bundle& last = current.last_non_empty ? *current.last_non_empty : *current.bundle;
  const bool x509 = went(last.x509_authorities, next.x509_authorities);
  const bool jwt = went(last.jwt_authorities, next.jwt_authorities);
  const bool wit = went(last.wit_authorities, next.wit_authorities);
  if (!x509 && !jwt && !wit) return nullptr;
  auto kept = std::make_shared<spiffe::Bundle>(next.trust_domain);
  kept->x509_authorities = x509 ? last.x509_authorities : next.x509_authorities;
  kept->jwt_authorities = jwt ? last.jwt_authorities : next.jwt_authorities;
  kept->wit_authorities = wit ? last.wit_authorities : next.wit_authorities;
  return kept;
}

}  // namespace

bool same_content(const spiffe::Bundle& a, const spiffe::Bundle& b) {
  return a.sequence == b.sequence && a.refresh_hint == b.refresh_hint && spiffe::same_authorities(a, b);
}

bool in_use(const BundleRecord* current, const spiffe::Bundle& bundle) {
  return current != nullptr && current->in_use() && same_content(*current->bundle, bundle);
}

const spiffe::Bundle* bundle_in_use(const BundleRecord* current) {
  return current != nullptr && current->in_use() ? current->bundle.get() : nullptr;
}

Refuse wrong_trust_domain(const BundleRecord& current, const spiffe::Bundle& offered) {
  return Refuse{Error(Errc::internal, "a bundle of " + offered.trust_domain.name() + " was offered for " +
                                          current.trust_domain().name() + "; trust domains are never merged")};
}

std::string way_out(const spiffe::TrustDomain& trust_domain) {
  return "; where that is right, run `entente federation accept " + trust_domain.name() + " --reason TEXT`";
}

SequenceFindings compare_sequence(const BundleRecord* current, const spiffe::Bundle& offered) {
  SequenceFindings found;
  if (current == nullptr || !current->highest_sequence) return found;
  const Sequence& floor = current->highest_sequence;
  found.missing = !offered.sequence;
  found.older = offered.sequence && *offered.sequence < *floor;
  found.higher = offered.sequence && *offered.sequence > *floor;
  found.undoes_rollback = current->rolled_back && !found.higher && !found.older;
  found.reused = offered.sequence == floor && current->in_use() && !spiffe::same_authorities(*current->bundle, offered);
  return found;
}

std::optional<Error> sequence_objection(const BundleRecord& current, const spiffe::Bundle& offered, SequenceRule rule,
                                        const SequenceFindings& found) {
  const std::string floor = sequence_text(current.highest_sequence);
  const std::string out = way_out(current.trust_domain());
  if (found.older)
    return Error(Errc::sequence_older, "sequence " + sequence_text(offered.sequence) + " is lower than " + floor +
                                           ", the highest one seen: the peer serves an older bundle, or was rebuilt" +
                                           out);
  if (found.undoes_rollback)
    return Error(Errc::sequence_older, "sequence " + sequence_text(offered.sequence) + " is not higher than " + floor +
                                           ", the highest one seen before an operator rolled back to sequence " +
                                           sequence_text(current.bundle->sequence) + out);
  if (rule == SequenceRule::warn) return std::nullopt;
  if (found.missing)
    return Error(Errc::sequence_strict, "the bundle has no sequence any more, the highest one seen is " + floor + out);
  if (found.reused)
    return Error(Errc::sequence_strict, "sequence " + floor + " came again with other authorities" + out);
  return std::nullopt;
}

BundleRecord succeed(Time now, const BundleRecord* current, const spiffe::BundlePtr& bundle) {
  BundleRecord next;
  next.bundle = bundle;
  next.highest_sequence = bundle->sequence;
  next.changed_at = now;
  if (current == nullptr) return next;
  next.revision = current->revision;
  next.bootstrap_digest = current->bootstrap_digest;
  next.rejected = current->rejected;
  next.last_non_empty = last_non_empty(*current, *bundle);
  if (in_use(current, *bundle)) next.changed_at = current->changed_at;
  return next;
}

void forgive(BundleRecord& record) {
  if (!record.rejected.empty()) std::erase(record.rejected, spiffe::authorities_digest(*record.bundle));
}

void add_rejected(BundleRecord& record, const std::string& digest) {
  std::erase(record.rejected, digest);
  record.rejected.push_back(digest);
  if (record.rejected.size() > most_rejected) record.rejected.erase(record.rejected.begin());
}

void keep_floor(const BundleRecord* current, const SequenceFindings& found, BundleRecord& next) {
  next.sequence_missing = found.missing;
  next.sequence_reused = found.reused;
  if (current == nullptr) return;
  next.highest_sequence = std::max(current->highest_sequence, next.bundle->sequence);
  // The hint alone changes nothing about a sequence that was reused, or a roll-back; other authorities or a higher
  // sequence do.
  const bool same_keys = current->in_use() && spiffe::same_authorities(*current->bundle, *next.bundle);
  if (!same_keys || found.higher) return;
  next.sequence_reused = found.reused || current->sequence_reused;
  next.rolled_back = current->rolled_back;
}

}  // namespace entente::trust
