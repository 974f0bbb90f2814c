// Everything that owns data_dir, wired from the configuration: store, local source, syncer, Workload API, admin API.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/config/config.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/pages.hpp"
#include "common/telemetry/readiness.hpp"

namespace entente::cli {

namespace asio = boost::asio;

// Lives on the control thread: the one that runs `control`.
class SyncerApp {
 public:
  // `pages` are shown on the telemetry listener; a server in the same process adds its own. Takes data_dir's lock,
  // opens store and issuer. Blocks; an error is a reason not to start.
  static Result<std::unique_ptr<SyncerApp>> open(config::Config config, asio::io_context& control, Clock& clock,
                                                 telemetry::Metrics& metrics, telemetry::Readiness& readiness,
                                                 telemetry::Pages& pages, Log& log);
  ~SyncerApp();

  // Publishes, withdraws what no relationship names any more, begins to poll, and listens. After an error, stop().
  asio::awaitable<Status> start();

  // SIGHUP: applies what can be applied of a configuration that has been checked.
  asio::awaitable<void> reload(config::Config fresh);

  asio::awaitable<void> stop();

 private:
  struct Impl;
  explicit SyncerApp(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::cli
