// `entente helper`: files and a child process that are kept current from any SPIFFE Workload API.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/client/workload_client.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"
#include "workload/helper/helper_config.hpp"
#include "workload/helper/process.hpp"

namespace entente::helper {

namespace asio = boost::asio;

// What a helper needs of its process; all outlive it.
struct Surroundings {
  asio::io_context& context;  // one thread
  asio::thread_pool& disk;    // one thread
  asio::thread_pool& calls;   // for the Workload API's blocking calls
  Clock& clock;
  Log& log;
  telemetry::Readiness& readiness;
  telemetry::Metrics& metrics;
  const Inheritance& inheritance;
};

// Destroy it after the io_context has stopped.
class Helper {
 public:
  // `config` outlives it.
  Helper(const HelperConfig& config, const client::WorkloadClient& client, Surroundings around);
  ~Helper();

  // Keeps the files and the child until a signal or the child's end ends it: the exit code.
  asio::awaitable<int> run();
  // Writes one complete set. Errc::timeout, with what was missing, where there is none in time.
  asio::awaitable<Status> run_once(Duration timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::helper
