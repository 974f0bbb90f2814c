// Connections to one endpoint: opened over every address of it or through a proxy, kept while they are of use.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "common/tls/stream.hpp"
#include "syncer/fetch/anchors.hpp"
#include "syncer/fetch/deadline.hpp"
#include "syncer/fetch/proxy.hpp"
#include "syncer/fetch/redirect.hpp"
#include "syncer/fetch/resolver.hpp"

namespace entente::syncer {

struct Connection {
  tls::Stream stream;
  std::vector<crypto::Certificate> chain;  // the peer's
  std::string address;                     // "127.0.0.1:8443", "b.example:8443 via 127.0.0.1:3128"
  std::optional<asio::ip::address> peer;   // the endpoint's; null: only a proxy knows
};

// What opening a connection needs; all that it refers to outlives the call.
struct Surroundings {
  asio::any_io_executor executor;
  Resolver& resolver;
  Clock& clock;
  ProxySettings proxy = {};
};

// Whom a connection leads to, and what it must prove.
struct Destination {
  trust::EndpointUrl url;
  std::shared_ptr<const tls::ClientContext> context;
  Reach reach = Reach::anywhere;
};

// Resolves, connects (through the proxy where there is one for the URL) and shakes hands; each address gets its share
// of the time until `until`. Errors as of Fetcher::fetch().
asio::awaitable<Result<std::unique_ptr<Connection>>> open_connection(Surroundings surroundings, Destination destination,
                                                                     SteadyTime until);

// A TCP connection that leads to the URL's host by way of `proxy`, which the connection's address then names.
struct Tunnel {
  asio::ip::tcp::socket socket;
  std::string address;  // "b.example:8443 via 127.0.0.1:3128"
};
// What the proxy refuses is Errc::connect with its address and status. `proxy` outlives the call.
asio::awaitable<Result<Tunnel>> tunnel_through(Surroundings surroundings, const Proxy& proxy, trust::EndpointUrl url,
                                               SteadyTime until);

// Whether a connection's peer would pass today: its certificate may have ended since (and under other anchors it is not
// asked for, as those are another connection).
bool still_proven(const Connection& connection, const Anchors& anchors, Time now);

}  // namespace entente::syncer
