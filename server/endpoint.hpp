// The bundle endpoint: HTTPS, one document, open to the internet. Federation 4-5; docs/design.md, The interface: bundle
// endpoint.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/tls/context.hpp"
#include "server/limits.hpp"
#include "server/poller_table.hpp"
#include "server/publication.hpp"

namespace entente::server {

namespace asio = boost::asio;

struct EndpointOptions {
  std::string listen;  // "0.0.0.0:8443", "[::]:8443"; port 0 picks a free one
  std::string path = "/";
  Limits limits;
};

// Lives on one io_context's thread. Destroy it after run() has completed, or after the io_context has stopped;
// `metrics` and `log` outlive the io_context's last turn.
class Endpoint {
 public:
  // Binds and listens at once; handshakes wait (unanswered) until there is a TLS context. Errc::io says what could not
  // be bound and why.
  static Result<std::unique_ptr<Endpoint>> bind(asio::any_io_executor executor, EndpointOptions options,
                                                telemetry::Metrics& metrics, Log& log);
  ~Endpoint();

  std::uint16_t port() const;

  // Both take effect for the next handshake or request; connections that are open go on with what they have.
  void set_tls(std::shared_ptr<const tls::ServerContext> context);
  void set_publication(PublicationPtr publication);  // null: 503 with Retry-After
  bool ready() const;                                // has a TLS context and a publication
  std::size_t connections() const;
  std::shared_ptr<const PollerTable> pollers() const;  // never null; outlives the endpoint

  // Accepts and serves until cancelled or stop().
  asio::awaitable<void> run();
  // Stops accepting, lets answers under way finish (at most `grace`), closes the rest; run() then completes.
  asio::awaitable<void> stop(Duration grace);

 private:
  struct Impl;
  explicit Endpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::server
