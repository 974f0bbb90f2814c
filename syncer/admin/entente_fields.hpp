// What entente.v1's requests say, read strictly. Pure; errors are Errc::invalid_argument and begin with the field.
#pragma once

#include <string>

#include "common/trust/relationship.hpp"
#include "entente/v1/admin.pb.h"

namespace entente::syncer {

// The trust domain of a request, by name or ID.
Result<spiffe::TrustDomain> read_domain(const std::string& text);
// The reason of a change goes on record: it has to say something, and to fit a line.
Status check_reason(const std::string& reason);
// As `federation show` prints it: 64 hex digits. Which bundle it names is not judged here.
Status check_digest(const std::string& digest);

// A new relationship of the API's. What else it must be as a whole (nobody federates with oneself) is for
// syncer::Relationships to say.
Result<trust::Relationship> new_relationship(const entente::v1::RelationshipDefinition& definition);
// `current` with what the definition says in place of what it said before.
Result<trust::Relationship> updated(trust::Relationship current, const entente::v1::RelationshipDefinition& definition);

}  // namespace entente::syncer
