// SPIRE's Bundle service on the admin socket: our own bundle, and those of other trust domains.
#pragma once

#include <memory>

#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// What `parts` refers to outlives the service.
std::unique_ptr<grpc::Service> make_bundle_service(AdminParts parts, Calls calls);

}  // namespace entente::syncer
