// Keeps the newest good bundle of every peer: one loop a relationship, none able to hold another up.
// Federation 5; docs/design.md, Data goes one way.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/trust/polling.hpp"
#include "common/trust/relationship.hpp"
#include "common/trust/status.hpp"
#include "syncer/fetch/fetcher.hpp"

namespace entente::syncer {

// Everything is outlived by what it refers to; lives on the control thread.
struct SyncerParts {
  asio::any_io_executor control;
  store::Ledger& ledger;
  Clock& clock;
  std::function<std::unique_ptr<Fetcher>()> make_fetcher;  // one for each endpoint URL
  std::function<double()> random;                          // uniform in [0, 1)
  telemetry::Metrics& metrics;
  Log& log;
};

// Destroy it only after stop() has completed, or after the io_context has stopped for good.
class Syncer {
 public:
  explicit Syncer(SyncerParts parts, trust::PollingPolicy policy);
  ~Syncer();

  // Makes `relationships` the ones that are polled: starts the new, ends the gone (their bundles are withdrawn through
  // the ledger, FC-16; so are fetched and bootstrap bundles of trust domains that no relationship names; what an
  // operator gave or imported stays), tells the changed (a bundle that is held stays), leaves the rest alone. Applies
  // changed bootstrap bundles. Also how SIGHUP arrives. Completes when all of that is done and the polls have begun; a
  // caller that is cancelled only stops waiting for it.
  asio::awaitable<void> set_relationships(std::vector<trust::RelationshipPtr> relationships,
                                          trust::PollingPolicy policy);

  // The same for one relationship, new or changed, at the cost of one: what differs is applied, the rest goes on. `by`
  // goes on record with its bootstrap bundle; an error says why that was not taken, while the polls have begun.
  asio::awaitable<Status> put(trust::RelationshipPtr relationship, std::optional<trust::Actor> by = std::nullopt);
  // Ends one, if it runs, and withdraws its bundle; completes when nobody is served it any more.
  asio::awaitable<void> erase(spiffe::TrustDomain trust_domain, std::optional<trust::Actor> by);
  // For relationships that name no policy of their own; from the next poll on.
  void set_default_policy(trust::ChangePolicy policy);

  // Ends every loop; completes when none runs.
  asio::awaitable<void> stop();

  std::vector<trust::RelationshipStatus> statuses() const;  // sorted by trust domain
  std::optional<trust::RelationshipStatus> status(const spiffe::TrustDomain& trust_domain) const;

  // Polls now, whatever the schedule says, and waits for the outcome: of a poll that begins after the call, so that
  // what the peer published before it is seen. Those who ask before it begins share it. Errc::not_found for an unknown
  // trust domain; the outcome itself is in the status.
  asio::awaitable<Result<trust::RelationshipStatus>> refresh(spiffe::TrustDomain trust_domain);

  // `federation accept`: the next good fetch is taken whatever its sequence, once; it is tried at once. Errc::not_found
  // for an unknown trust domain, and where nothing is held.
  asio::awaitable<Status> accept_next(spiffe::TrustDomain trust_domain, std::string reason, trust::Actor by);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // what was begun outlives a caller that stops waiting
};

}  // namespace entente::syncer
