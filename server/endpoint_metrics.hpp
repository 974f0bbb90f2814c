// What the endpoint counts: entente_endpoint_*.
#pragma once

#include <array>
#include <cstddef>

#include "common/base/time.hpp"
#include "common/telemetry/metrics.hpp"
#include "server/respond.hpp"

namespace entente::server {

class EndpointMetrics {
 public:
  explicit EndpointMetrics(telemetry::Metrics& metrics);

  void answered(Answer answer) { requests_[static_cast<std::size_t>(answer)]->add(); }
  void handshake_failed() { handshakes_failed_.add(); }
  void refused() { refused_.add(); }
  void yielded() { yielded_.add(); }
  void connections(std::size_t count) { connections_.set(static_cast<double>(count)); }
  void certificate_not_after(Time time);

 private:
  telemetry::Metrics& metrics_;
  std::array<telemetry::Counter*, 9> requests_;  // by Answer
  telemetry::Counter& handshakes_failed_;
  telemetry::Counter& refused_;
  telemetry::Counter& yielded_;
  telemetry::Gauge& connections_;
};

}  // namespace entente::server
