// Whether a registration entry that somebody asks for can be one.
#pragma once

#include <string>

#include "syncer/registry/entries.hpp"

namespace entente::syncer {

// Ids that begin so are the configuration's; "endpoint" is the endpoint's implied entry's.
inline constexpr const char* config_id_prefix = "config-";

// What the types do not say already. Errc::invalid_argument names the field as SPIRE's API calls it. The id is checked
// where it is not empty. `own`: our own trust domain.
Status check_entry(const trust::RegistrationEntry& entry, const spiffe::TrustDomain& own, const EntryBounds& bounds);

// Same SPIFFE ID, selectors in whatever order, and hint: nobody could tell them apart.
bool alike(const trust::RegistrationEntry& a, const trust::RegistrationEntry& b);

}  // namespace entente::syncer
