// The status of a relationship, in the words of the README: derived, never stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/trust/polling.hpp"
#include "common/trust/record.hpp"
#include "common/trust/relationship.hpp"

namespace entente::trust {

// What the syncer remembers of its attempts, in memory only: null after a restart.
struct Attempts {
  std::optional<Time> last_attempt, last_success, next_attempt;
  std::uint32_t consecutive_failures = 0;
  std::optional<Error> last_error;       // of the last attempt, or what now stands in the way (store)
  std::optional<std::string> served_by;  // which of the relationship's URLs gave the last good answer
};

enum class RelationshipState { pending, revoked, expired, held, stale, failing, current };
std::string_view to_string(RelationshipState state);

struct RelationshipStatus {
  RelationshipPtr relationship;  // never null
  RelationshipState state = RelationshipState::pending;
  std::vector<std::string> warnings;  // "sequence_reused", "sequence_missing", "rolled_back", "not_persisted"
  std::optional<std::uint64_t> sequence;
  std::optional<std::chrono::seconds> refresh_hint;
  std::size_t x509_authorities = 0, jwt_authorities = 0;
  std::optional<Time> earliest_expiry, last_change;
  ChangePolicy policy = ChangePolicy::accept;  // the relationship's own, or the configuration's default
  // What waits for approval. Where it is set, somebody has to act, whatever `state` says.
  std::optional<HeldBundle> held;
  Attempts attempts;
};

// The state is the first that applies of pending, revoked, expired, held, stale, failing, current; with one exception:
// where nothing in use ever came from the peer, a bundle that waits is `held`, not `pending`. What was imported came
// from the peer; what an operator gave did not, until the endpoint confirms it.
// A bundle whose X.509 authorities have all ended but which holds a JWT or WIT key is not `expired`: those keys have no
// end and still validate; earliest_expiry tells of the X.509 side. Where the store refuses and the last attempt went
// well, last_error says so (Errc::store). `started`: when this process began to poll, from which staleness counts while
// nothing was fetched since. `persisted`: whether the store holds what is in use.
RelationshipStatus status_of(RelationshipPtr relationship, const BundleRecord* record, const Attempts& attempts,
                             const PollingPolicy& policy, ChangePolicy default_policy, Time started, Time now,
                             bool persisted);

}  // namespace entente::trust
