// SPIRE's messages as what the commands print, and what they ask for as messages.
#pragma once

#include "cli/requests.hpp"
#include "cli/views.hpp"
#include "common/base/result.hpp"
#include "spire/api/types/bundle.pb.h"
#include "spire/api/types/entry.pb.h"
#include "spire/api/types/federationrelationship.pb.h"

namespace entente::cli {

// What a server answered. Errc::schema where a trust domain or a key is not what it should be.
Result<spiffe::Bundle> to_bundle(const spire::api::types::Bundle& message);

RelationshipView to_view(const spire::api::types::FederationRelationship& message);
// Errc::unsupported, naming the flag, for what SPIRE has no words for.
Result<spire::api::types::FederationRelationship> to_spire(const RelationshipRequest& request);
spire::api::types::FederationRelationshipMask mask_of(const RelationshipRequest& request);

EntryView to_view(const spire::api::types::Entry& message);
spire::api::types::Entry to_spire(const EntryRequest& request);
spire::api::types::EntryMask mask_of(const EntryRequest& request);

}  // namespace entente::cli
