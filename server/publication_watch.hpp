// Keeps the endpoint's publication what the syncer's file says.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/spiffe/trust_domain.hpp"
#include "common/telemetry/readiness.hpp"
#include "server/endpoint.hpp"

namespace entente::server {

// Until cancelled, on the endpoint's thread. A file that is damaged or gone leaves the last good publication in
// service, with a warning; one that was never there leaves the endpoint at 503 and not ready.
asio::awaitable<void> watch_publication(std::filesystem::path path, spiffe::TrustDomain trust_domain,
                                        Endpoint& endpoint, telemetry::Readiness& readiness, Log& log, Clock& clock);

}  // namespace entente::server
