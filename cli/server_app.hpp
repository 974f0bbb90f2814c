// The process side of the bundle endpoint: wires publication, certificate, endpoint and telemetry from the
// configuration.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/base/task.hpp"
#include "common/config/config.hpp"
#include "common/telemetry/listener.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/pages.hpp"
#include "common/telemetry/readiness.hpp"
#include "server/endpoint.hpp"

namespace entente::cli {

// The telemetry page that says who polls our endpoint (server/poller_table.hpp).
inline constexpr const char* pollers_path = "/pollers";

// Folders that the configuration may leave to us where everything runs in one process.
std::filesystem::path publish_dir_of(const config::Config& config);

// Lives on one io_context's thread: its own process's, or in `run` a thread beside the syncer's.
class ServerApp {
 public:
  // Alone, it brings its own telemetry listener (server.telemetry) and needs server.state_dir for https_spiffe; in
  // `run` both come from the syncer's side.
  enum class Role { alone, with_syncer };

  // `pages` gains those of the server, which its telemetry listener shows. Binds and starts everything; an error says
  // what could not be had.
  static Result<std::unique_ptr<ServerApp>> start(const config::Config& config, Role role, asio::io_context& context,
                                                  Clock& clock, telemetry::Metrics& metrics,
                                                  telemetry::Readiness& readiness, telemetry::Pages& pages, Log& log);
  ~ServerApp();

  // SIGHUP: certificate files are read again, from other paths where the configuration says so now.
  asio::awaitable<void> reload(config::Config fresh);

  // Stops accepting, lets answers under way finish, closes.
  asio::awaitable<void> stop();

 private:
  struct Impl;
  explicit ServerApp(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::cli
