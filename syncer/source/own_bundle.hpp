// The way of our own trust domain's bundle into the ledger, whatever it comes from.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/trust/history.hpp"

namespace entente::syncer {

// Lives on the control thread; refers to what outlives it.
class OwnBundle {
 public:
  // `metrics`: null where nobody counts.
  OwnBundle(store::Ledger& ledger, Clock& clock, Log& log, telemetry::Metrics* metrics = nullptr)
      : ledger_(ledger), clock_(clock), log_(log), metrics_(metrics) {
    count(0);
  }

  // Puts the authorities in use under the next sequence where they differ from what is held (trust::decide_own).
  // ok() means: in use, and stored unless the store refuses. `by`: the operator who asked for it, where one did.
  asio::awaitable<Status> offer(spiffe::Bundle authorities, std::string source,
                                std::optional<trust::Actor> by = std::nullopt);

  // Whether a bundle of this trust domain is in use already, from an earlier run.
  bool held(const spiffe::TrustDomain& trust_domain) const { return in_use(trust_domain) != nullptr; }
  trust::RecordPtr in_use(const spiffe::TrustDomain& trust_domain) const {
    return ledger_.current()->find(trust_domain);
  }

 private:
  void count(double changes) const;

  store::Ledger& ledger_;
  Clock& clock_;
  Log& log_;
  telemetry::Metrics* metrics_;
};

}  // namespace entente::syncer
