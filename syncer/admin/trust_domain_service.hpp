// SPIRE's TrustDomain service on the admin socket: relationships with other trust domains, as spire-server's
// `federation` commands and its controllers manage them.
#pragma once

#include <memory>

#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// What `parts` refers to outlives the service.
std::unique_ptr<grpc::Service> make_trust_domain_service(AdminParts parts, Calls calls);

}  // namespace entente::syncer
