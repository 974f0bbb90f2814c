// Compare-and-set with the ledger: decide on what is held, apply, and decide again where someone else was faster.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>

#include "common/base/clock.hpp"
#include "common/store/ledger.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// What is to become of what is held, and what goes on record of it.
struct Step {
  std::optional<trust::BundleRecord> record;  // null: withdrawn
  std::optional<trust::HistoryEntry> event;   // null: nothing that a person would look for
};
// Given what is held, in use or waiting, or null. Null: nothing is to be done.
using Decide = std::function<std::optional<Step>(const trust::RecordPtr& held)>;

// Null: nothing was to be done. Errc::conflict when others were faster for three seconds: a change that waits for a
// slow store is not visible for up to two.
asio::awaitable<Result<std::optional<store::Applied>>> apply(store::Ledger& ledger, Clock& clock,
                                                             spiffe::TrustDomain trust_domain, Decide decide);

}  // namespace entente::syncer
