#include "syncer/source/source_contact.hpp"

namespace entente::syncer {
namespace {

constexpr const char* readiness_condition = "own bundle";

}  // namespace

SourceContact::SourceContact(Kind kind, std::string address, telemetry::Readiness& readiness,
                             telemetry::Metrics& metrics, Clock& clock, Log& log)
    : kind_(kind),
      address_(std::move(address)),
      readiness_(readiness),
      connected_(metrics.gauge("entente_source_connected", "Whether the local source answers: 1 or 0.")),
      last_success_(metrics.gauge("entente_source_last_success_timestamp_seconds",
                                  "When the local source last answered, in unix seconds; 0: not since the start.")),
      failures_(metrics.counter("entente_source_failures_total", "How often the local source gave no good answer.")),
      clock_(clock),
      log_(log) {
  connected_.set(0);
  last_success_.set(0);
  failures_.add(0);
}

void SourceContact::good() {
  readiness_.met(readiness_condition);
  if (logged_) {
    const std::string gap = confirmed_ ? format_time(*confirmed_) : "never since the start";
    log_.info("the source of our bundle answers again",
              {{"event", "source_available"}, {"url", address_}, {"last_confirmed", gap}});
  }
  logged_.reset();
  problem_.clear();
  is_good_ = true;
  confirmed_ = clock_.now();
  expose();
}

void SourceContact::lost(const Error& why, bool bundle_in_use) {
  confirmed_ = health().confirmed;
  is_good_ = false;
  problem_ = why.message();
  if (bundle_in_use) {
    readiness_.met(readiness_condition);
  } else {
    readiness_.unmet(readiness_condition, problem_);
  }
  expose();
  failures_.add();
  if (why.code() == logged_) return;
  logged_ = why.code();
  log_.warning(bundle_in_use ? "the source of our bundle does not answer; the last good one stays"
                             : "the source of our bundle does not answer; there is no bundle yet",
               {{"event", "source_unavailable"},
                {"url", address_},
                {"error", problem_},
                {"last_confirmed", confirmed_ ? format_time(*confirmed_) : "never since the start"}});
}

SourceHealth SourceContact::health() const {
  const bool now = is_good_ && kind_ == Kind::followed;
  return {address_, now ? std::optional(clock_.now()) : confirmed_, problem_};
}

void SourceContact::expose() const {
  connected_.set(is_good_ ? 1 : 0);
  if (const auto confirmed = health().confirmed) last_success_.set(static_cast<double>(unix_seconds(*confirmed)));
}

}  // namespace entente::syncer
