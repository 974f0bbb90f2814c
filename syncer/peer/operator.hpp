// What an operator decides about bundles, put through the ledger and on record: approve, reject, roll back, give,
// import, withdraw. docs/design.md, Change policies.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/trust/decision.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// Lives on the control thread; what it refers to outlives it. Each decision is one compare-and-set, decided anew where
// a poll was faster. None waits for an endpoint. Trust domains other than our own: Errc::invalid_argument for it.
class Operator {
 public:
  // `metrics`: null where nobody counts.
  Operator(store::Ledger& ledger, Clock& clock, Log& log, telemetry::Metrics* metrics = nullptr)
      : ledger_(ledger), clock_(clock), log_(log), metrics_(metrics) {}

  asio::awaitable<Status> approve(spiffe::TrustDomain trust_domain, std::string digest, trust::Actor by);
  asio::awaitable<Status> reject(spiffe::TrustDomain trust_domain, std::string digest, trust::Actor by);
  // `number`: an entry of the history; Errc::not_found where there is none, Errc::invalid_argument where its bundle
  // never was in use.
  asio::awaitable<Status> rollback(spiffe::TrustDomain trust_domain, std::uint64_t number, std::string reason,
                                   trust::Actor by);
  // `bundle set`: in use at once, whatever the policy; for any trust domain, polled or not.
  asio::awaitable<Status> give(spiffe::BundlePtr bundle, trust::Actor by);
  // `bundle import`, of a file that was verified: through the same rules as a fetched one. What became of it.
  asio::awaitable<Result<trust::Decision>> import(spiffe::BundlePtr bundle, trust::Provenance from, trust::Rules rules,
                                                  trust::Actor by);
  // `bundle delete`: no longer in use. Errc::not_found where nothing is. A relationship that goes on fetches it anew;
  // `goes_on` then keeps the floor, what was rejected and what waits, so that nobody's no is forgotten.
  asio::awaitable<Status> withdraw(spiffe::TrustDomain trust_domain, bool goes_on, std::string reason, trust::Actor by);

 private:
  struct Change;
  asio::awaitable<Status> carry_out(Change change);
  void report(const Change& change, const trust::HistoryEntry& entry) const;
  void report_import(const trust::HistoryEntry& entry) const;
  asio::awaitable<Result<trust::HistoryEntryPtr>> recorded(spiffe::TrustDomain trust_domain, std::uint64_t number);

  store::Ledger& ledger_;
  Clock& clock_;
  Log& log_;
  telemetry::Metrics* metrics_;
};

}  // namespace entente::syncer
