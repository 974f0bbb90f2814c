// entente.v1.Admin on the admin socket.
#pragma once

#include <memory>
#include <string>

#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// What `parts` refers to outlives the service.
std::unique_ptr<grpc::Service> make_entente_service(const AdminParts& parts, Calls calls, std::string version);

}  // namespace entente::syncer
