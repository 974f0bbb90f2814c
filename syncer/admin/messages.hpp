// Entente's values as entente.v1 messages.
#pragma once

#include "common/issuer/authority.hpp"
#include "common/trust/status.hpp"
#include "entente/v1/admin.pb.h"

namespace entente::syncer {

void set_timestamp(google::protobuf::Timestamp& message, Time time);
entente::v1::Relationship to_message(const trust::RelationshipStatus& status);
entente::v1::PreparedAuthority to_message(const issuer::AuthorityInfo& info);

}  // namespace entente::syncer
