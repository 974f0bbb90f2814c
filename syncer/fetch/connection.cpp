#include "syncer/fetch/connection.hpp"

#include <algorithm>

#include "syncer/fetch/connect.hpp"

namespace entente::syncer {
namespace {

using asio::ip::tcp;

SteadyTime now_steady() { return std::chrono::steady_clock::now(); }

std::vector<tcp::endpoint> endpoints_of(const std::vector<asio::ip::address>& addresses, std::uint16_t port) {
  std::vector<tcp::endpoint> endpoints;
  for (const asio::ip::address& address : addresses) endpoints.emplace_back(address, port);
  return endpoints;
}

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
      std::make_unique<Connection>(Connection{tls::Stream(std::move(socket), std::move(context)), {}, address});
  tls::Stream& stream = connection->stream;
  const Deadline deadline(executor, until, [&stream] { stream.abort(); });
  const Status done = co_await stream.handshake();
  if (!done) co_return handshake_error(done.error(), address);
  connection->chain = stream.peer_chain();
  co_return connection;
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<Connection>>> open_connection(Surroundings surroundings, trust::EndpointUrl url,
                                                                     std::shared_ptr<const tls::ClientContext> context,
                                                                     SteadyTime until) {
  const auto addresses = co_await surroundings.resolver.resolve(url.host(), until - now_steady());
  if (!addresses) co_return addresses.error();
  std::vector<tcp::endpoint> left = endpoints_of(*addresses, url.port());
  const std::size_t count = left.size();
  std::optional<Error> refusal;  // of an address that accepted: tells more than those that did not
  while (!left.empty()) {
    Result<Connected> connected = co_await connect_any(surroundings.executor, left, until);
    if (!connected && connected.error().code() == Errc::cancelled) co_return connected.error();
    if (!connected) co_return after_trying(refusal.value_or(connected.error()), count);
    std::string address = to_text(left[connected->index]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(connected->index));
    const auto share = (until - now_steady()) / static_cast<std::int64_t>(left.size() + 1);
    auto connection = co_await shake_hands(surroundings.executor, std::move(connected->socket), std::move(address),
                                           context, now_steady() + share);
    if (connection || connection.error().code() == Errc::cancelled) co_return connection;
    refusal = connection.error();
  }
  co_return after_trying(*refusal, count);
}

bool still_proven(const Connection& connection, const Anchors& anchors, Time now) {
  if (connection.chain.empty()) return false;
  if (const auto* spiffe = std::get_if<SpiffeAnchors>(&anchors))
    return verify_endpoint(connection.chain, *spiffe, now).has_value();
  return std::all_of(connection.chain.begin(), connection.chain.end(),
                     [now](const crypto::Certificate& each) { return now < each.not_after(); });
}

}  // namespace entente::syncer
