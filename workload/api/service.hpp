// The RPCs of SpiffeWorkloadAPI: who may call, and which answer goes to whom.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/rpc/caller.hpp"
#include "common/store/feed.hpp"
#include "common/telemetry/metrics.hpp"
#include "workload/api/identity_source.hpp"
#include "workload/api/workload_api.hpp"

namespace entente::workload {

// What is behind the RPCs: streams, their updates, the threads that attest and sign. Outlives the gRPC server.
class Service {
 public:
  virtual ~Service() = default;
  virtual grpc::Service& rpcs() = 0;
  // Ends the streams with Unavailable; calls under way go on.
  virtual void end_streams() = 0;
};

std::unique_ptr<Service> make_service(const WorkloadApiOptions& options, std::shared_ptr<rpc::Callers> callers,
                                      store::Feed& feed, IdentitySource* identities, Clock& clock,
                                      telemetry::Metrics& metrics, Log& log);

}  // namespace entente::workload
