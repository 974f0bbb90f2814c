// Whether the local source still says what our bundle is, and since when it does not: for people, metrics and the log.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"

namespace entente::syncer {

// A value.
struct SourceHealth {
  std::string address;            // "unix:///run/spire/agent.sock"
  std::optional<Time> confirmed;  // when it last said that the bundle in use is its own; null: not since the start
  std::string problem;            // why it does not now; "": it does
};

// Lives on the control thread; refers to what outlives it. Logs source_unavailable once for each kind of reason and
// source_available when it is over; while no bundle is in use the reason keeps the process from being ready.
class SourceContact {
 public:
  // A source that is followed confirms the bundle for as long as its stream is open, one that is asked by each answer.
  enum class Kind { followed, asked };

  SourceContact(Kind kind, std::string address, telemetry::Readiness& readiness, telemetry::Metrics& metrics,
                Clock& clock, Log& log);

  // It confirms the bundle in use.
  void good();
  // It does not. `bundle_in_use`: the last good one is served meanwhile.
  void lost(const Error& why, bool bundle_in_use);

  SourceHealth health() const;
  // Sets the gauges to what holds now; for Metrics::on_collect.
  void expose() const;

 private:
  Kind kind_;
  std::string address_;
  telemetry::Readiness& readiness_;
  telemetry::Gauge& connected_;
  telemetry::Gauge& last_success_;
  telemetry::Counter& failures_;
  Clock& clock_;
  Log& log_;
  bool is_good_ = false;
  std::optional<Time> confirmed_;  // of one that is followed: while it is not good
  std::string problem_ = "it has not answered yet";
  std::optional<Errc> logged_;
};

}  // namespace entente::syncer
