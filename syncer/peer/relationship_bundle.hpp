// What the beginning, the change and the end of a relationship do to its bundle, besides polling.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "syncer/peer/syncer.hpp"

namespace entente::syncer {

// Why a bundle is withdrawn, for its history.
struct Ending {
  std::string reason;
  std::optional<trust::Actor> by;
};

// Takes whatever is in use or waits of the trust domain out of the ledger (FC-16). Faults are logged. `parts` outlives
// it.
asio::awaitable<void> withdraw(const SyncerParts& parts, spiffe::TrustDomain trust_domain, Ending ending);

// Whether a record of which no relationship tells is to go: what was fetched, or began, for a relationship that has
// ended. What an operator gave or imported stays.
bool needs_relationship(const trust::BundleRecord& record);

// Takes the relationship's bootstrap bundle where trust::decide_bootstrap says so. `by`: the operator who gave it, null
// for the configuration's. Faults are logged, and are the answer.
asio::awaitable<Status> apply_bootstrap(const SyncerParts& parts, trust::RelationshipPtr relationship,
                                        std::optional<trust::Actor> by);

}  // namespace entente::syncer
