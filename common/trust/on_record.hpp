// What a decision leaves in the history: one way to say it for all that decide.
#pragma once

#include <optional>
#include <string>

#include "common/trust/decision.hpp"

namespace entente::trust {

// What a decision alone does not tell.
struct Circumstances {
  Time at;
  Provenance from = {};
  std::optional<Actor> by = std::nullopt;
  std::string reason = "";  // the operator's; why a bundle was held or refused is added here by itself
};

// `before` (may be null) is the record that was decided on, `offered` the bundle that was decided about. An acceptance
// is recorded as `accepted_as`: accepted, bootstrap, given, approved or rolled_back. Null for Unchanged, and for an
// acceptance that changed nothing that a person would look for (a bootstrap bundle noted as seen).
std::optional<HistoryEntry> on_record(const BundleRecord* before, const Decision& decision,
                                      const spiffe::BundlePtr& offered, HistoryAction accepted_as,
                                      Circumstances circumstances);
// An operator's approval or roll-back.
HistoryEntry on_record(const BundleRecord* before, const Accept& accept, HistoryAction accepted_as,
                       Circumstances circumstances);
// An operator's rejection of what waits in `before`.
HistoryEntry rejection_on_record(const BundleRecord& before, Circumstances circumstances);
// The end of what is in use, and of what waits.
HistoryEntry withdrawal_on_record(const BundleRecord& before, Circumstances circumstances);
// The operator's word for the next good bundle: `federation accept`.
HistoryEntry accept_next_on_record(const BundleRecord& current, Circumstances circumstances);

// Whether two entries say the same of the same authorities, at different times: a peer that goes on serving what was
// refused fills no history, nor does one that counts its sequence up or down meanwhile.
bool same_matter(const HistoryEntry& a, const HistoryEntry& b);

}  // namespace entente::trust
