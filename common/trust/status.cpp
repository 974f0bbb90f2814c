#include "common/trust/status.hpp"

namespace entente::trust {
namespace {

constexpr int stale_after_intervals = 3;

bool is_stale(const BundleRecord& record, const Attempts& attempts, const PollingPolicy& policy, Time started,
              Time now) {
  const Time since = attempts.last_success.value_or(started);
  return now - since > stale_after_intervals * effective_interval(record.bundle->refresh_hint, policy);
}

bool came_from_peer(const BundleRecord& record) {
  return record.origin == Origin::fetched || record.origin == Origin::imported;
}

RelationshipState state_of(const BundleRecord* record, const Attempts& attempts, const PollingPolicy& policy,
                           Time started, Time now) {
  if (record == nullptr) return RelationshipState::pending;
  // A bundle that waits where nothing was ever accepted from the endpoint: "pending" would hide it.
  if (!came_from_peer(*record)) return record->held ? RelationshipState::held : RelationshipState::pending;
  if (record->bundle->empty()) return RelationshipState::revoked;
  if (!spiffe::any_authority_valid(*record->bundle, now)) return RelationshipState::expired;
  if (record->held) return RelationshipState::held;
  if (is_stale(*record, attempts, policy, started, now)) return RelationshipState::stale;
  if (attempts.consecutive_failures > 0) return RelationshipState::failing;
  return RelationshipState::current;
}

void describe_record(const BundleRecord& record, RelationshipStatus& status) {
  if (record.sequence_reused) status.warnings.emplace_back("sequence_reused");
  if (record.sequence_missing) status.warnings.emplace_back("sequence_missing");
  if (record.rolled_back) status.warnings.emplace_back("rolled_back");
  status.held = record.held;
  if (!record.in_use()) return;
  status.sequence = record.bundle->sequence;
  status.refresh_hint = record.bundle->refresh_hint;
  status.x509_authorities = record.bundle->x509_authorities.size();
  status.jwt_authorities = record.bundle->jwt_authorities.size();
  status.earliest_expiry = spiffe::earliest_expiry(*record.bundle);
  status.last_change = record.changed_at;
}

}  // namespace

std::string_view to_string(RelationshipState state) {
  switch (state) {
    case RelationshipState::pending:
      return "pending";
    case RelationshipState::revoked:
      return "revoked";
    case RelationshipState::expired:
      return "expired";
    case RelationshipState::held:
      return "held";
    case RelationshipState::stale:
      return "stale";
    case RelationshipState::failing:
      return "failing";
    case RelationshipState::current:
      return "current";
  }
  return "unknown";
}

RelationshipStatus status_of(RelationshipPtr relationship, const BundleRecord* record, const Attempts& attempts,
                             const PollingPolicy& policy, ChangePolicy default_policy, Time started, Time now,
                             bool persisted) {
  RelationshipStatus status;
  status.policy = relationship->policy.value_or(default_policy);
  status.relationship = std::move(relationship);
  status.state = state_of(record, attempts, policy, started, now);
  status.attempts = attempts;
  if (record != nullptr) describe_record(*record, status);
  if (!persisted) {
    status.warnings.emplace_back("not_persisted");
    if (!status.attempts.last_error)
      status.attempts.last_error =
          Error(Errc::store, "what is in use is not in the store yet; writing is retried, and a kill would lose it");
  }
  return status;
}

}  // namespace entente::trust
