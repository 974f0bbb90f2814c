#include "common/base/encoding.hpp"
#include "syncer/fetch/connect.hpp"
#include "syncer/fetch/connection.hpp"
#include "syncer/fetch/http_exchange.hpp"

namespace entente::syncer {
namespace {

using asio::ip::tcp;

// With the port, whichever it is: a CONNECT's target has no scheme to take one from.
std::string authority_of(const trust::EndpointUrl& url) {
  const std::string authority = url.authority();
  return url.port() == 443 ? authority + ":443" : authority;
}

TunnelRequest request_for(const trust::EndpointUrl& url, const Proxy& proxy) {
  TunnelRequest request{authority_of(url), ""};
  if (!proxy.credentials.empty()) request.authorization = "Basic " + base64_encode(proxy.credentials.view());
  return request;
}

asio::awaitable<Result<Connected>> connect_to(Surroundings surroundings, const Proxy& proxy, SteadyTime until) {
  const auto left = until - std::chrono::steady_clock::now();
  const auto addresses = co_await surroundings.resolver.resolve(proxy.host, left);
  if (!addresses) co_return addresses.error();
  std::vector<tcp::endpoint> endpoints = in_turns(*addresses, proxy.port);
  co_return co_await connect_any(surroundings.executor, std::move(endpoints), until, surroundings.clock);
}

}  // namespace

asio::awaitable<Result<Tunnel>> tunnel_through(Surroundings surroundings, const Proxy& proxy, trust::EndpointUrl url,
                                               SteadyTime until) {
  Result<Connected> connected = co_await connect_to(surroundings, proxy, until);
  if (!connected) co_return connected.error().within("proxy " + proxy.host);
  tcp::socket socket = std::move(connected->socket);
  const std::string name = "proxy " + to_text(connected->endpoint);
  bool late = false;
  const Deadline deadline(surroundings.executor, until, [&socket, &late] {
    late = true;
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  TunnelRequest request = request_for(url, proxy);
  std::string target = request.authority;
  const Status opened = co_await open_tunnel(socket, std::move(request));
  if (late) co_return Error(Errc::timeout, name + ": no answer to CONNECT " + target + " in time");
  if (!opened) co_return opened.error().within(name);
  co_return Tunnel{std::move(socket), target + " via " + to_text(connected->endpoint)};
}

}  // namespace entente::syncer
