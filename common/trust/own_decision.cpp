#include <algorithm>
#include <limits>
#include <utility>

#include "common/trust/decision_parts.hpp"

namespace entente::trust {
namespace {

std::uint64_t next_own_sequence(Time now, const BundleRecord* current, const Sequence& offered) {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_seconds(now), 0));
  std::uint64_t sequence = std::max(seconds, offered.value_or(0));
  if (current == nullptr) return sequence;
  const std::uint64_t last = std::max(current->highest_sequence, current->bundle->sequence).value_or(0);
  const bool full = last == std::numeric_limits<std::uint64_t>::max();
  return std::max(sequence, full ? last : last + 1);
}

}  // namespace

Decision decide_own(Time now, const BundleRecord* current, const spiffe::Bundle& offered, const std::string& source) {
  if (current != nullptr && current->trust_domain() != offered.trust_domain)
    return wrong_trust_domain(*current, offered);
  const bool same = current != nullptr && current->origin == Origin::own &&
                    current->bundle->refresh_hint == offered.refresh_hint &&
                    spiffe::same_authorities(*current->bundle, offered);
  if (same && offered.sequence <= current->bundle->sequence) return Unchanged{};
  auto bundle = std::make_shared<spiffe::Bundle>(offered);
  // The same content under a larger sequence of the source's own: adopted as it is.
  if (!same) bundle->sequence = next_own_sequence(now, current, offered.sequence);
  BundleRecord next;
  next.bundle = bundle;
  next.revision = current ? current->revision : 0;
  next.highest_sequence = bundle->sequence;
  next.origin = Origin::own;
  next.source = source;
  next.changed_at = now;
  return Accept{std::move(next), describe_change(bundle_in_use(current), *bundle)};
}

}  // namespace entente::trust
