// Relationships as SPIRE's messages, and back. Pure; errors are Errc::invalid_argument and begin with the field. What a
// relationship is to be as a whole (nobody federates with oneself) is for syncer::Relationships to say.
#pragma once

#include "common/base/time.hpp"
#include "common/trust/relationship.hpp"
#include "spire/api/types/federationrelationship.pb.h"

namespace entente::syncer {

// `in_use`: the trust domain's bundle; null: none. Of several URLs SPIRE's message has room for the first. Without a
// mask: everything. The trust domain is always told.
spire::api::types::FederationRelationship to_message(const trust::Relationship& relationship,
                                                     const spiffe::Bundle* in_use,
                                                     const spire::api::types::FederationRelationshipMask* mask);

// A new one, made by the API. Its bundle is bundle_of()'s to read.
Result<trust::Relationship> relationship_from(const spire::api::types::FederationRelationship& message);

// `relationship` with what the mask names (null: all) taken from the message, and what SPIRE has no words for kept:
// - the URL it has already leaves the further ones as they are; another one takes the place of all;
// - https_web that stays https_web keeps its roots and pins;
// - sequence rule, policy and redirects stay in any case.
Result<trust::Relationship> changed(trust::Relationship relationship,
                                    const spire::api::types::FederationRelationship& message,
                                    const spire::api::types::FederationRelationshipMask* mask);

// The bundle that came with it; null: none, or not in the mask. One of another trust domain is an error.
Result<spiffe::BundlePtr> bundle_of(const spire::api::types::FederationRelationship& message,
                                    const spire::api::types::FederationRelationshipMask* mask, Time now);

}  // namespace entente::syncer
