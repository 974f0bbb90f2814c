// Looks at an endpoint as the poller would, one layer after the other and every address by itself, and goes on where
// the poller would stop: what lies behind a bad certificate tells why it is bad. Nothing that comes back is trusted.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "syncer/doctor/seen.hpp"
#include "syncer/fetch/deadline.hpp"
#include "syncer/fetch/fetcher.hpp"
#include "syncer/fetch/proxy.hpp"
#include "syncer/fetch/resolver.hpp"

namespace entente::syncer::doctor {

// All of it outlives the call; one io_context's thread.
struct Instruments {
  asio::any_io_executor executor;
  Resolver& resolver;
  Clock& clock;
  Log& log;
  ProxySettings proxy = {};
};

struct ProbeRequest {
  trust::EndpointUrl url;
  std::optional<Anchors>
      anchors;  // null: there is nothing to judge it by, and every handshake has a verdict that says so
  SteadyTime until;
  std::size_t body_limit = 8U << 20;
  bool ask_again_with_etag = false;
  bool allow_private_redirects = false;
};

// At most most_addresses_tried addresses of a name are looked at, side by side; a proxy is one. Ends by `until`,
// whatever the endpoint does.
asio::awaitable<EndpointSeen> look_at(Instruments instruments, ProbeRequest request);

}  // namespace entente::syncer::doctor
