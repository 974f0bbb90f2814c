// entente.v1's messages as what the commands print, and what they ask for as messages.
#pragma once

#include "cli/requests.hpp"
#include "cli/views.hpp"
#include "common/base/result.hpp"
#include "entente/v1/admin.pb.h"

namespace entente::cli {

RelationshipView to_view(const entente::v1::Relationship& message);
Result<BundleView> to_view(const entente::v1::GetBundleResponse& message);
RotationView to_view(const entente::v1::RotateBundleResponse& message);
HistoryView to_view(const entente::v1::HistoryEntry& message);
DiffView to_view(const entente::v1::DiffBundlesResponse& message, const std::string& trust_domain);
ExportView to_view(const entente::v1::ExportBundleResponse& message);
PushTargetView to_view(const entente::v1::PushTarget& message);
ImportView to_view(const entente::v1::ImportBundleResponse& message);

entente::v1::RelationshipDefinition to_message(const RelationshipRequest& request);

}  // namespace entente::cli
