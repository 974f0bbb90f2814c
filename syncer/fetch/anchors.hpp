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

// `clock` outlives the context made from it.
tls::ClientContext::Options client_options(const Anchors& anchors, const trust::EndpointUrl& url, const Clock& clock);

}  // namespace entente::syncer
