// SPIRE's Entry service on the admin socket: the registration entries of the embedded issuer.
#pragma once

#include <memory>

#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// What `parts` refers to outlives the service.
std::unique_ptr<grpc::Service> make_entry_service(AdminParts parts, Calls calls);

}  // namespace entente::syncer
