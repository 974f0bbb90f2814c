// Counting calls: how many a user has open, and how they end.
#pragma once

#include <grpcpp/support/status.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/telemetry/metrics.hpp"

namespace entente::workload {

// Thread-safe; outlives the tickets.
class Calls {
 public:
  Calls(std::size_t most_per_uid, std::size_t most, telemetry::Metrics& metrics)
      : x_most_per_uid(most_per_uid), x_most(most), x_metrics(metrics) {}

  // Held while a call is open. Null: the user, or all together, has too many open.
  using Ticket = std::shared_ptr<void>;
  Ticket admit(uid_t uid);
  // entente_workload_api_calls_total
  void count(const std::string& method, grpc::StatusCode code);

 private:
  void leave(uid_t uid);

  const std::size_t x_most_per_uid, x_most;
  telemetry::Metrics& x_metrics;
  std::mutex x_mutex;
  std::map<uid_t, std::size_t> x_open;
  std::size_t x_all = 0;
};

}  // namespace entente::workload
