// A TCP connection to whichever of several addresses answers first: each is begun 250 ms after the one before it, or as
// soon as that one failed (RFC 8305 5, without its sorting, which the resolver did).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "common/base/result.hpp"
#include "syncer/fetch/deadline.hpp"

namespace entente::syncer {

struct Connected {
  asio::ip::tcp::socket socket;
  std::size_t index;  // into the endpoints
};

// Errc::connect with the last failure, Errc::timeout when `until` passed first, Errc::cancelled.
asio::awaitable<Result<Connected>> connect_any(asio::any_io_executor executor,
                                               std::vector<asio::ip::tcp::endpoint> endpoints, SteadyTime until);

std::string to_text(const asio::ip::tcp::endpoint& endpoint);  // "[::1]:443"

}  // namespace entente::syncer
