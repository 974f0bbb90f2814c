#include "syncer/fetch/connection.hpp"

#include <algorithm>

#include "syncer/fetch/connect.hpp"

namespace entente::syncer {
namespace {

using asio::ip::tcp;

SteadyTime now_steady() { return std::chrono::steady_clock::now(); }

// The stream's words in the relationship's codes.
Error handshake_error(const Error& error, const std::string& address) {
  if (error.code() == Errc::cancelled || error.code() == Errc::wrong_spiffe_id) return error.within(address);
  if (error.code() == Errc::timeout) return Error(Errc::timeout, "tls: " + address + ": no handshake in time");
  return Error(Errc::tls, "tls: " + address + ": " + error.message());
}

Error after_trying(const Error& error, std::size_t addresses) {
  if (addresses < 2) return error;
  return Error(error.code(), error.message() + "; " + std::to_string(addresses) + " addresses tried");
}

asio::awaitable<Result<std::unique_ptr<Connection>>> shake_hands(asio::any_io_executor executor, tcp::socket socket,
                                                                 std::string address,
                                                                 std::shared_ptr<const tls::ClientContext> context,
                                                                 SteadyTime until) {
  auto connection =
      std::make_unique<Connection>(Connection{tls::Stream(std::move(socket), std::move(context)), {}, address, {}});
  tls::Stream& stream = connection->stream;
  const Deadline deadline(executor, until, [&stream] { stream.abort(); });
  const Status done = co_await stream.handshake();
  if (!done) co_return handshake_error(done.error(), address);
  connection->chain = stream.peer_chain();
  co_return connection;
}

using ConnectionPtr = std::unique_ptr<Connection>;

asio::awaitable<Result<ConnectionPtr>> open_directly(Surroundings surroundings, Destination destination,
                                                     SteadyTime until) {
  const trust::EndpointUrl& url = destination.url;
  auto addresses = co_await surroundings.resolver.resolve(url.host(), until - now_steady());
  if (!addresses) co_return addresses.error();
  const auto reachable = within_reach(url.host(), std::move(*addresses), destination.reach);
  if (!reachable) co_return reachable.error();
  std::vector<tcp::endpoint> left = in_turns(*reachable, url.port());
  const std::size_t count = left.size();
  std::optional<Error> refusal;  // of an address that accepted: tells more than those that did not
  while (!left.empty()) {
    Result<Connected> connected = co_await connect_any(surroundings.executor, left, until, surroundings.clock);
    if (!connected && connected.error().code() == Errc::cancelled) co_return connected.error();
    if (!connected) co_return after_trying(refusal.value_or(connected.error()), count);
    const tcp::endpoint endpoint = connected->endpoint;
    std::erase(left, endpoint);
    const auto share = (until - now_steady()) / static_cast<std::int64_t>(left.size() + 1);
    auto connection = co_await shake_hands(surroundings.executor, std::move(connected->socket), to_text(endpoint),
                                           destination.context, now_steady() + share);
    if (connection) (*connection)->peer = endpoint.address();
    if (connection || connection.error().code() == Errc::cancelled) co_return connection;
    refusal = connection.error();
  }
  co_return after_trying(*refusal, count);
}

// Names are the proxy's to resolve: only an address can be judged.
std::optional<asio::ip::address> literal_address(const std::string& host) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  return error ? std::nullopt : std::optional(address);
}

asio::awaitable<Result<ConnectionPtr>> open_through(Surroundings surroundings, const Proxy& proxy,
                                                    Destination destination, SteadyTime until) {
  const std::string& host = destination.url.host();
  const std::optional<asio::ip::address> peer = literal_address(host);
  if (peer) {
    const auto reachable = within_reach(host, {*peer}, destination.reach);
    if (!reachable) co_return reachable.error();
  }
  Result<Tunnel> tunnel = co_await tunnel_through(surroundings, proxy, destination.url, until);
  if (!tunnel) co_return tunnel.error();
  auto connection = co_await shake_hands(surroundings.executor, std::move(tunnel->socket), std::move(tunnel->address),
                                         destination.context, until);
  if (connection) (*connection)->peer = peer;
  co_return connection;
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<Connection>>> open_connection(Surroundings surroundings, Destination destination,
                                                                     SteadyTime until) {
  const Proxy* const proxy = surroundings.proxy.proxy_for(destination.url.host(), destination.url.port());
  if (proxy == nullptr) co_return co_await open_directly(surroundings, std::move(destination), until);
  co_return co_await open_through(surroundings, *proxy, std::move(destination), until);
}

bool still_proven(const Connection& connection, const Anchors& anchors, Time now) {
  if (connection.chain.empty()) return false;
  if (const auto* spiffe = std::get_if<SpiffeAnchors>(&anchors))
    return verify_endpoint(connection.chain, *spiffe, now).has_value();
  return std::all_of(connection.chain.begin(), connection.chain.end(),
                     [now](const crypto::Certificate& each) { return now < each.not_after(); });
}

}  // namespace entente::syncer
