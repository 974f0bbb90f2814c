#include "syncer/admin/waiting_polls.hpp"

#include <boost/asio/co_spawn.hpp>

namespace entente::syncer {
namespace {

asio::awaitable<void> poll(Syncer& syncer, spiffe::TrustDomain trust_domain) {
  const auto outcome = co_await syncer.refresh(std::move(trust_domain));
  static_cast<void>(outcome);  // it stands in the relationship's status
}

// An imported bundle ends `pending` without one good poll.
bool waits(const trust::RelationshipStatus& status) {
  return status.state == trust::RelationshipState::pending || status.attempts.last_error;
}

}  // namespace

void poll_who_waits_for(const AdminParts& parts, const spiffe::TrustDomain& trust_domain) {
  for (const trust::RelationshipPtr& relationship : parts.relationships.all()) {
    const auto* spiffe = std::get_if<trust::HttpsSpiffe>(&relationship->profile);
    if (!spiffe || spiffe->endpoint_spiffe_id.trust_domain() != trust_domain) continue;
    const auto status = parts.syncer.status(relationship->trust_domain);
    if (!status || !waits(*status)) continue;
    asio::co_spawn(parts.control, poll(parts.syncer, relationship->trust_domain),
                   [&log = parts.log](std::exception_ptr failure) {
                     if (failure) log.error("poll failed by an exception");
                   });
  }
}

}  // namespace entente::syncer
