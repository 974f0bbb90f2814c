// gRPC's health checks on the admin socket, told by the process's readiness.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/telemetry/readiness.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// `services`: the full names that may be asked about; each is as ready as the process. `readiness` outlives the
// service.
std::unique_ptr<grpc::Service> make_health_service(const telemetry::Readiness& readiness,
                                                   std::vector<std::string> services);

}  // namespace entente::syncer
