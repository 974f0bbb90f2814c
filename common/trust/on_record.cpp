#include "common/trust/on_record.hpp"

#include <utility>

#include "common/trust/decision_parts.hpp"

namespace entente::trust {
namespace {

HistoryEntry entry_about(const spiffe::Bundle* in_use, const spiffe::BundlePtr& bundle, HistoryAction action,
                         Circumstances circumstances) {
  HistoryEntry entry(bundle->trust_domain, action);
  entry.at = circumstances.at;
  entry.from = std::move(circumstances.from);
  entry.by = std::move(circumstances.by);
  entry.reason = std::move(circumstances.reason);
  entry.sequence = bundle->sequence;
  entry.digest = spiffe::authorities_digest(*bundle);
  entry.changes = difference(in_use, bundle.get());
  entry.bundle = bundle;
  return entry;
}

void add_reason(HistoryEntry& entry, const std::string& reason) {
  entry.reason = entry.reason.empty() ? reason : reason + "; " + entry.reason;
}

// A bundle noted as seen.
bool nothing_to_tell(const BundleRecord* before, const BundleRecord& next) {
  return before != nullptr && before->origin == next.origin && before->source == next.source &&
         before->accept_next == next.accept_next && in_use(before, *next.bundle);
}

}  // namespace

std::optional<HistoryEntry> on_record(const BundleRecord* before, const Decision& decision,
                                      const spiffe::BundlePtr& offered, HistoryAction accepted_as,
                                      Circumstances circumstances) {
  if (const auto* accept = std::get_if<Accept>(&decision)) {
    if (nothing_to_tell(before, accept->next)) return std::nullopt;
    return on_record(before, *accept, accepted_as, std::move(circumstances));
  }
  if (const auto* hold = std::get_if<Hold>(&decision)) {
    HistoryEntry entry = entry_about(bundle_in_use(before), offered, HistoryAction::held, std::move(circumstances));
    add_reason(entry, hold->next.held->why);
    return entry;
  }
  if (const auto* refuse = std::get_if<Refuse>(&decision)) {
    HistoryEntry entry = entry_about(bundle_in_use(before), offered, HistoryAction::refused, std::move(circumstances));
    add_reason(entry, refuse->reason.message());
    entry.bundle = nullptr;
    return entry;
  }
  return std::nullopt;
}

HistoryEntry on_record(const BundleRecord* before, const Accept& accept, HistoryAction accepted_as,
                       Circumstances circumstances) {
  return entry_about(bundle_in_use(before), accept.next.bundle, accepted_as, std::move(circumstances));
}

HistoryEntry rejection_on_record(const BundleRecord& before, Circumstances circumstances) {
  const spiffe::BundlePtr& bundle = before.held ? before.held->bundle : before.bundle;
  if (before.held && circumstances.from == Provenance()) circumstances.from = before.held->from;
  return entry_about(bundle_in_use(&before), bundle, HistoryAction::rejected, std::move(circumstances));
}

HistoryEntry withdrawal_on_record(const BundleRecord& before, Circumstances circumstances) {
  HistoryEntry entry = entry_about(nullptr, before.bundle, HistoryAction::withdrawn, std::move(circumstances));
  entry.changes = difference(bundle_in_use(&before), nullptr);
  entry.bundle = nullptr;
  if (!before.in_use()) entry.digest.clear();
  return entry;
}

HistoryEntry accept_next_on_record(const BundleRecord& current, Circumstances circumstances) {
  HistoryEntry entry(current.trust_domain(), HistoryAction::accept_next);
  entry.at = circumstances.at;
  entry.from = std::move(circumstances.from);
  entry.by = std::move(circumstances.by);
  entry.reason = std::move(circumstances.reason);
  return entry;
}

bool same_matter(const HistoryEntry& a, const HistoryEntry& b) {
  return a.trust_domain == b.trust_domain && a.action == b.action && a.digest == b.digest && a.by == b.by;
}

}  // namespace entente::trust
