#include "server/endpoint_metrics.hpp"

namespace entente::server {

EndpointMetrics::EndpointMetrics(telemetry::Metrics& metrics)
    : metrics_(metrics),
      handshakes_failed_(
          metrics.counter("entente_endpoint_handshakes_failed_total", "TLS handshakes that failed or timed out.")),
      refused_(
          metrics.counter("entente_endpoint_connections_refused_total", "Connections closed at once, over a limit.")),
      yielded_(
          metrics.counter("entente_endpoint_connections_yielded_total", "Idle connections closed for a newcomer.")),
      connections_(metrics.gauge("entente_endpoint_connections", "Open connections.")) {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const std::string status = std::to_string(status_of(static_cast<Answer>(i)));
    requests_[i] = &metrics.counter("entente_endpoint_requests_total", "Requests answered.", {{"status", status}});
  }
}

// Made with the first certificate: 0 would read as one that has ended.
void EndpointMetrics::certificate_not_after(Time time) {
  metrics_
      .gauge("entente_endpoint_certificate_not_after_timestamp_seconds",
             "When the endpoint's certificate ends, in Unix time.")
      .set(static_cast<double>(unix_seconds(time)));
}

}  // namespace entente::server
