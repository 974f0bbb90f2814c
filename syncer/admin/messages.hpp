// Entente's values as entente.v1 messages.
#pragma once

#include <span>

#include "common/issuer/authority.hpp"
#include "common/trust/history.hpp"
#include "common/trust/record.hpp"
#include "common/trust/status.hpp"
#include "entente/v1/admin.pb.h"

namespace entente::syncer {

void set_timestamp(google::protobuf::Timestamp& message, Time time);
void set_duration(google::protobuf::Duration& message, Duration duration);

// `record`: what is held of the trust domain, in use or waiting; null: nothing.
entente::v1::Relationship to_message(const trust::RelationshipStatus& status, const trust::BundleRecord* record);
entente::v1::PreparedAuthority to_message(const issuer::AuthorityInfo& info, Time now);
entente::v1::AuthorityChange to_message(const trust::AuthorityChange& change);
entente::v1::HistoryEntry to_message(const trust::HistoryEntry& entry);

}  // namespace entente::syncer
