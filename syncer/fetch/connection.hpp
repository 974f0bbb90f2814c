// Connections to one endpoint: opened over every address of it, kept while they are of use.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "syncer/fetch/anchors.hpp"
#include "syncer/fetch/deadline.hpp"
#include "syncer/fetch/resolver.hpp"

#include "common/tls/stream.hpp"

namespace entente::syncer {

struct Connection {
  tls::Stream stream;
  std::vector<crypto::Certificate> chain;  // the peer's
  std::string address;                     // "127.0.0.1:8443"
};

// What opening a connection needs; all of it outlives the call.
struct Surroundings {
  asio::any_io_executor executor;
  Resolver& resolver;
  Clock& clock;
};

// Resolves, connects and shakes hands; each address gets its share of the time until `until`. Errors as of
// Fetcher::fetch().
asio::awaitable<Result<std::unique_ptr<Connection>>> open_connection(Surroundings surroundings, trust::EndpointUrl url,
                                                                     std::shared_ptr<const tls::ClientContext> context,
                                                                     SteadyTime until);

// Whether a connection's peer would pass today: its certificate may have ended since (and under other anchors it is not
// asked for, as those are another connection).
bool still_proven(const Connection& connection, const Anchors& anchors, Time now);

}  // namespace entente::syncer
