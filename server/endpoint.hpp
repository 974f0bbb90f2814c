// The bundle endpoint: HTTPS, one document, open to the internet. Federation 4-5; interface.md, Bundle endpoint.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/tls/context.hpp"
#include "server/publication.hpp"

namespace entente::server {

namespace asio = boost::asio;

struct Limits {
  std::size_t connections = 20000;
  std::size_t connections_per_address = 200;
  Duration request_timeout = std::chrono::seconds(10);  // total, for the handshake and for each request, from its first byte
  Duration idle_timeout = std::chrono::seconds(120);    // between requests
  std::size_t target_size = 8U << 10;                   // bytes; over it: 414
  std::size_t header_size = 16U << 10;                  // bytes; over it: 431
};

struct EndpointOptions {
  std::string listen;      // "0.0.0.0:8443", "[::]:8443"; port 0 picks a free one
  std::string path = "/";
  Limits limits;
};

// Lives on one io_context's thread.
class Endpoint {
 public:
  // Binds and listens at once; handshakes wait (unanswered) until there is a TLS context. Errc::io says what could not be
  // bound and why.
  static Result<std::unique_ptr<Endpoint>> bind(asio::any_io_executor executor, EndpointOptions options,
                                                telemetry::Metrics& metrics, Log& log);
  ~Endpoint();

  std::uint16_t port() const;

  // Both take effect for the next handshake or request; connections that are open go on with what they have.
  void set_tls(std::shared_ptr<const tls::ServerContext> context);
  void set_publication(PublicationPtr publication);  // null: 503 with Retry-After
  bool ready() const;                                // has a TLS context and a publication
  std::size_t connections() const;

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
