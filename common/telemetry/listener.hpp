// The telemetry listener: /metrics, /live, /ready and pages over plain HTTP, for the operator's own network.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/pages.hpp"
#include "common/telemetry/readiness.hpp"

namespace entente::telemetry {

namespace asio = boost::asio;

// Where the two questions are asked.
struct HealthPaths {
  std::string live = "/live", ready = "/ready";
};

// Lives on one io_context's thread. /live: 200 while that thread turns. /ready: 200, or 503 with the reasons, one a
// line.
class Listener {
 public:
  // `listen`: "127.0.0.1:9988"; port 0 picks a free one. `pages` (may be null) outlives the listener, as the rest does.
  static Result<std::unique_ptr<Listener>> bind(asio::any_io_executor executor, const std::string& listen,
                                                Metrics& metrics, const Readiness& readiness, Log& log,
                                                const Pages* pages = nullptr, HealthPaths paths = {});
  ~Listener();
  std::uint16_t port() const;
  asio::awaitable<void> run();  // until cancelled; at most 64 connections, 10 s each

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};
// One blocking GET of http://host:port/path, at most `timeout` (a name, unlike an address, also waits for the system's
// resolver): what `entente health --url` asks with.
Result<HttpAnswer> get(const std::string& url, Duration timeout);

}  // namespace entente::telemetry
