// The X509-SVID that signs our exported bundles: of the configured endpoint ID and no other.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "common/base/clock.hpp"
#include "common/issuer/issuer.hpp"
#include "syncer/admin/admin_api.hpp"

namespace entente::syncer {

// Minted for each file by the embedded issuer, with the longest life that an SVID of this trust domain may have: the
// file is good for as long, and the key is used once and wiped. What it refers to outlives it.
EndpointSvid svid_from_issuer(const issuer::Issuer& issuer, spiffe::SpiffeId id, asio::thread_pool& blocking);

// From the PEM files that the endpoint serves with, read anew each time. Errc::expired where the SVID has ended,
// Errc::wrong_spiffe_id where it is another's.
EndpointSvid svid_from_files(std::filesystem::path certificate, std::filesystem::path key, spiffe::SpiffeId id,
                             asio::thread_pool& blocking, const Clock& clock);

// From the Workload API that the endpoint gets its own from, asked anew each time. `ask` blocks, bounded, and is called
// on `blocking`. Errc::not_found where the SVID is not among those that it gives.
using AskForSvids = std::function<Result<std::vector<spiffe::X509Svid>>()>;
EndpointSvid svid_from_workload_api(AskForSvids ask, spiffe::SpiffeId id, asio::thread_pool& blocking);

}  // namespace entente::syncer
