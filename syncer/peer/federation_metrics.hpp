// The metrics of federation, entente_federation_*: the status of each relationship in Prometheus' words.
#pragma once

#include <memory>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/trust/history.hpp"
#include "common/trust/status.hpp"

namespace entente::syncer {

// What a relationship's metrics are derived from at each exposition, beside the bundle held then.
struct Polled {
  trust::RelationshipPtr relationship;
  trust::Attempts attempts;
  trust::PollingPolicy policy;
  Time started;
};

// Lives on the control thread, and so must whoever calls Metrics::expose(): the ledger is asked during an exposition.
// Nothing is read or exposed after its destruction.
class FederationMetrics {
 public:
  FederationMetrics(telemetry::Metrics& metrics, const store::Ledger& ledger, const Clock& clock);
  ~FederationMetrics();
  FederationMetrics(const FederationMetrics&) = delete;
  FederationMetrics& operator=(const FederationMetrics&) = delete;

  void tell(Polled polled);
  // `result`: "accepted", "held", "unchanged", "not_modified", or an error's code. Only for what tell() has told of.
  void count_poll(const spiffe::TrustDomain& trust_domain, std::string_view result);
  void end(const spiffe::TrustDomain& trust_domain);

 private:
  struct Board;
  std::shared_ptr<Board> board_;
};

// Counts what goes on record, over all trust domains: what has ended counts too.
void count_change(telemetry::Metrics& metrics, trust::HistoryAction action);

}  // namespace entente::syncer
