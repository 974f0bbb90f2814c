// Where to listen: "address:port" as the configuration spells it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string_view>

#include "common/base/result.hpp"

namespace entente {

namespace asio = boost::asio;

// "127.0.0.1:9988", "0.0.0.0:8443", "[::]:8443": an address, no name, and a port; port 0 picks a free one.
Result<asio::ip::tcp::endpoint> parse_listen(std::string_view text);

// Binds and listens at once; SO_REUSEADDR, so that a restart finds its port. Errc::io says what could not be bound and
// why.
Result<asio::ip::tcp::acceptor> listen_on(asio::any_io_executor executor, std::string_view text);

}  // namespace entente
