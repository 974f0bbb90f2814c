// What a TLS connection to an endpoint must prove, made from the relationship's anchors.
#pragma once

#include <span>

#include "common/base/clock.hpp"
#include "common/tls/context.hpp"
#include "syncer/fetch/fetcher.hpp"

namespace entente::syncer {

// Whether what was proved under one set of anchors is proved under the other too.
bool same_anchors(const Anchors& a, const Anchors& b);

// The endpoint's chain against the anchors' bundle at `now`, and exactly the ID asked for (FC-6). Errc::wrong_spiffe_id
// names both IDs; what else is wrong is Errc::tls.
Status verify_endpoint(std::span<const crypto::Certificate> chain, const SpiffeAnchors& anchors, Time now);

// Whether a certificate of the chain, from the leaf to the root as it was found good, has one of the keys. Errc::tls
// with the pins that the chain has, so that an operator can compare them with what the peer's says.
Status verify_pins(std::span<const crypto::Certificate> verified_chain, const std::vector<trust::KeyPin>& pins);

// `clock` outlives the context made from it. `system_roots`: for web anchors without roots of their own; null: they are
// read for this context alone.
tls::ClientContext::Options client_options(const Anchors& anchors, const trust::EndpointUrl& url, const Clock& clock,
                                           tls::RootStorePtr system_roots = {});

}  // namespace entente::syncer
