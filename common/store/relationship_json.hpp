// A relationship that the admin API made, as its stored definition. Internal to common/store.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/trust/relationship.hpp"

namespace entente::store {

// Without the bootstrap bundle, which is no part of the definition: bundles go through the ledger.
std::string write_relationship(const trust::Relationship& relationship);
// Of RelationshipSource::api.
Result<trust::RelationshipPtr> parse_relationship(const spiffe::TrustDomain& trust_domain, std::string_view text);

}  // namespace entente::store
