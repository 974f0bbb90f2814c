// The SPIFFE Workload API: bundles and identities for the processes of this host. Workload API and Workload Endpoint
// standards; WE, WA.
#pragma once

#include <filesystem>
#include <memory>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/store/feed.hpp"
#include "common/telemetry/metrics.hpp"
#include "workload/api/identity_source.hpp"
#include "workload/attest/unix_attestor.hpp"

namespace entente::workload {

struct WorkloadApiOptions {
  std::filesystem::path socket;
  bool allow_unauthenticated_verifiers = false;  // callers without an identity get bundles and ValidateJWTSVID
  AttestOptions attest;
  Duration jwt_leeway{0};                // of ValidateJWTSVID, for exp and nbf; at most 60 s is meaningful (JS-6)
  std::size_t max_calls_per_uid = 1000;  // open at once, streams above all; more are Unavailable
  std::size_t max_calls = 20000;
  bool reflection = true;
};

// Serves from its own (gRPC's) threads until stopped. Reads snapshots from the feed, identities from the source; writes
// nothing. One change costs one serialisation for all streams that see the same bundles, and one send per stream.
class WorkloadApi {
 public:
  // `identities` may be null: there is no issuer. Errc::already_exists, io, permission_denied: the socket, and what to
  // do.
  static Result<std::unique_ptr<WorkloadApi>> start(const WorkloadApiOptions& options, store::Feed& feed,
                                                    IdentitySource* identities, Clock& clock,
                                                    telemetry::Metrics& metrics, Log& log);
  ~WorkloadApi();

  // Streams end with Unavailable, calls under way finish for `grace`.
  void stop(Duration grace);

 private:
  struct Impl;
  explicit WorkloadApi(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::workload
