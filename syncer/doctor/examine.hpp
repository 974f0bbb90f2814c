// The checks: pure functions of `now`, of what is known and of what was seen. Each says what is wrong and what to do.
// Their names are stable, for scripts:
//   status    state, held, rolled_back, refused_lately, sequence_reused, sequence_missing, not_persisted, expiry,
//             refresh_hint
//   endpoint  dns, tcp, tls, spiffe_id, svid, no_bootstrap_bundle, certificate_expiry, http, http_status, redirect,
//             clock_skew, document, ignored_keys, revoked, authority_expiry, sequence, self_consistency,
//             missed_rotation, replicas, peer_holds_us
//   this host admin_api, relationship, local_source, own_endpoint, admin_socket, workload_socket, data_dir,
//   publication, private_key
#pragma once

#include "syncer/doctor/facts.hpp"
#include "syncer/doctor/finding.hpp"

namespace entente::syncer::doctor {

// What the syncer itself says: state, warnings, what waits, what was refused or rolled back lately, expiry, hint.
void examine_status(Time now, const RelationshipFacts& facts, const OurSide& our_side, Findings& findings);

// One URL of the relationship from its name to its document.
void examine_endpoint(Time now, const RelationshipFacts& facts, const EndpointSeen& seen, Findings& findings);

// Whether the peer polls us: evidence, where our endpoint's clients are known. `seen`: of each URL of the relationship.
void examine_peer_polling(Time now, const OurSide& our_side, const std::vector<EndpointSeen>& seen, Findings& findings);

// Whether what our own bundle comes from still says so: a warning, and after an hour a problem, where it does not.
void examine_local_source(Time now, const LocalSourceFacts& facts, Findings& findings);

// Our own endpoint, as it answered us.
void examine_own_endpoint(Time now, const OwnEndpointFacts& facts, const EndpointSeen& seen, Findings& findings);

void examine_file(const FileSeen& file, Findings& findings);

}  // namespace entente::syncer::doctor
