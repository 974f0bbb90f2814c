// One HTTP/1.1 GET over a TLS connection, and one CONNECT before it: Beast's parser without its I/O. RFC 9110, 9112.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "common/tls/stream.hpp"
#include "common/trust/endpoint_url.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

struct HttpGet {
  std::string authority, target;
  std::string etag;        // "": unconditional
  std::size_t body_limit;  // bytes, of a 200 answer
};

struct HttpAnswer {
  unsigned status = 0;
  std::string reason;  // the status line's
  std::string location, etag;
  std::string date, content_type;  // as they came: for who looks into what is wrong
  std::string body;                // of a 200 answer only
  bool keep = false;               // the connection may carry another request
};

// How far an exchange came: what a kept connection turns out to be dead by.
struct ExchangeProgress {
  bool any_bytes = false;  // of an answer
};

// The deadline is the caller's: stream.abort(). Errors: http's own as Errc::syntax and too_large, and what the stream
// said. A body that is cut short is an error, never an answer.
asio::awaitable<Result<HttpAnswer>> exchange(tls::Stream& stream, HttpGet request, ExchangeProgress& progress);

// A reason phrase, cut and cleaned: it comes from a stranger and goes to terminals.
std::string printable(std::string_view reason);

struct TunnelRequest {
  std::string authority;      // where to: "b.example:443"
  std::string authorization;  // the Proxy-Authorization header's value, a secret; "": none
};

// Has a proxy open a tunnel (RFC 9110 9.3.6) over a connection to it, which then is the tunnel. The deadline is the
// caller's: closing the socket. Errc::connect with the proxy's status ("407 Proxy Authentication Required") or with
// what was wrong with its answer, Errc::cancelled.
asio::awaitable<Status> open_tunnel(asio::ip::tcp::socket& socket, TunnelRequest request);

}  // namespace entente::syncer
