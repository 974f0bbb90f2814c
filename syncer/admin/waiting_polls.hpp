// A bundle that an operator gives may be what an endpoint could not be validated without until now.
#pragma once

#include "syncer/admin/admin_api.hpp"

namespace entente::syncer {

// Polls now, without waiting for it, where the endpoint's ID is of this trust domain and nothing was fetched yet, or
// the last poll failed (FC-8, FC-9): the schedule would let half a minute pass. On the control thread.
void poll_who_waits_for(const AdminParts& parts, const spiffe::TrustDomain& trust_domain);

}  // namespace entente::syncer
