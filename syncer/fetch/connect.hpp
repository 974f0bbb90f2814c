// A TCP connection to whichever of several addresses answers first: each is begun 250 ms after the one before it, or as
// soon as that one failed (RFC 8305, Happy Eyeballs). A host whose IPv6 answers nothing is reached by IPv4 within that
// time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "common/base/clock.hpp"
#include "syncer/fetch/deadline.hpp"

namespace entente::syncer {

struct Connected {
  asio::ip::tcp::socket socket;
  asio::ip::tcp::endpoint endpoint;  // the one of those given
};

inline constexpr Duration connect_stagger = std::chrono::milliseconds(250);
inline constexpr std::size_t most_addresses_tried = 8;

// The families take turns, beginning with the one of the first address, so that one that is dead costs one turn (RFC
// 8305 4; each family in the order in which the resolver preferred its addresses); most_addresses_tried at most.
std::vector<asio::ip::tcp::endpoint> in_turns(const std::vector<asio::ip::address>& addresses, std::uint16_t port);

// At least one endpoint, tried in this order; the first that accepts wins and the other attempts end. `clock` tells
// when the next one is due, and outlives the executor's work. Errc::connect with the last failure, Errc::timeout when
// `until` passed first, Errc::cancelled.
asio::awaitable<Result<Connected>> connect_any(asio::any_io_executor executor,
                                               std::vector<asio::ip::tcp::endpoint> endpoints, SteadyTime until,
                                               Clock& clock);

std::string to_text(const asio::ip::tcp::endpoint& endpoint);  // "[::1]:443"

}  // namespace entente::syncer
