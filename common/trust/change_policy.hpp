// What a change policy says of a candidate. Internal to common/trust; docs/design.md, Change policies.
#pragma once

#include <optional>
#include <string>

#include "common/trust/record.hpp"
#include "common/trust/relationship.hpp"

namespace entente::trust {

// Whether `offered` holds an authority that is not in use; `current` may be null. Removals alone do not, nor does a
// change of hint or sequence.
bool adds_authority(const BundleRecord* current, const spiffe::Bundle& offered);

// Why the policy holds a bundle that adds an authority; null where it does not.
std::optional<std::string> policy_objection(ChangePolicy policy, const BundleRecord* current,
                                            const spiffe::Bundle& offered);

}  // namespace entente::trust
