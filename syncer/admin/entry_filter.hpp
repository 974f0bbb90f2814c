// Which entries a caller asks for: the filters of SPIRE's ListEntries and CountEntries. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/trust/registration_entry.hpp"

namespace entente::syncer {

// How an entry's set meets the one that was asked for; the numbers are SPIRE's.
enum class SetMatch {
  exact = 0,
  subset = 1,    // the entry's are among those asked for, and it has some
  superset = 2,  // those asked for are among the entry's
  any = 3,       // at least one in common
};

template <class Value>
struct SetFilter {
  std::vector<Value> wanted;
  SetMatch match = SetMatch::exact;
};

// What is null is not asked about.
struct EntryFilter {
  std::optional<spiffe::SpiffeId> spiffe_id, parent_id;
  std::optional<SetFilter<trust::Selector>> selectors;
  // By name: an entry that federates with every trust domain names none.
  std::optional<SetFilter<spiffe::TrustDomain>> federates_with;
  std::string hint;  // "": not asked about
  std::optional<bool> downstream;
};

// SPIRE has a message of the same fields for each call; Errc::invalid_argument names the field.
template <class Message>
Result<EntryFilter> entry_filter_from(const Message& message);

bool passes(const trust::RegistrationEntry& entry, const EntryFilter& filter);

}  // namespace entente::syncer
