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
      : most_per_uid_(most_per_uid), most_(most), metrics_(metrics) {}

  // Held while a call is open. Null: the user, or all together, has too many open.
  using Ticket = std::shared_ptr<void>;
  Ticket admit(uid_t uid);
  // entente_workload_api_calls_total
  void count(const std::string& method, grpc::StatusCode code);

 private:
  void leave(uid_t uid);

  const std::size_t most_per_uid_, most_;
  telemetry::Metrics& metrics_;
  std::mutex mutex_;
  std::map<uid_t, std::size_t> open_;
  std::size_t all_ = 0;
};

}  // namespace entente::workload
