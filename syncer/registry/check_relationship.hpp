// Whether a relationship that somebody asks for can be one.
#pragma once

#include <optional>

#include "common/trust/relationship.hpp"

namespace entente::syncer {

inline constexpr std::size_t most_urls = 8;
inline constexpr std::size_t most_pins = 32;

// What the types do not say already. Errc::invalid_argument names the field as SPIRE's API calls it. `own`: our own
// trust domain, null where there is none.
Status check_relationship(const trust::Relationship& relationship, const std::optional<spiffe::TrustDomain>& own);

}  // namespace entente::syncer
