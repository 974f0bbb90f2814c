#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>

#include "common/telemetry/listener.hpp"

namespace entente::telemetry {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

struct Target {
  std::string host, port, path, authority;
};

Result<Target> parse_target(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "http" || parsed->encoded_host().empty())
    return Error(Errc::invalid_argument, "\"" + url + "\" is not an address like http://127.0.0.1:9988/ready");
  Target target;
  target.host = parsed->host_address();
  target.port = parsed->has_port() ? std::string(parsed->port()) : "80";
  target.path = parsed->encoded_path().empty() ? "/" : std::string(parsed->encoded_path());
  if (parsed->has_query()) target.path += "?" + std::string(parsed->encoded_query());
  target.authority = parsed->encoded_host_and_port();
  return target;
}

// One exchange, step by step; the first error ends it.
struct Exchange {
  explicit Exchange(Target to) : target(std::move(to)) {
    request.method(http::verb::get);
    request.version(11);
    request.target(target.path);
    request.set(http::field::host, target.authority);
    request.set(http::field::connection, "close");
    parser.body_limit(8U << 20);
  }

  void start(Duration timeout) {
    stream.expires_after(timeout);
    resolver.async_resolve(target.host, target.port, [this](auto error, auto addresses) {
      if (failed("resolve", error)) return;
      stream.async_connect(addresses, [this](auto connect_error, const tcp::endpoint&) {
        if (!failed("connect", connect_error)) send();
      });
    });
  }

  void send() {
    http::async_write(stream, request, [this](auto error, std::size_t) {
      if (failed("send", error)) return;
      http::async_read(stream, buffer, parser, [this](auto read_error, std::size_t) {
        if (!failed("read", read_error)) complete = true;
      });
    });
  }

  bool failed(const char* what, beast::error_code error) {
    if (!error) return false;
    const bool late = error == beast::error::timeout;
    failure = Error(late ? Errc::timeout : Errc::connect,
                    std::string(what) + ": " + (late ? "no answer in time" : error.message()));
    return true;
  }

  Target target;
  asio::io_context io;
  tcp::resolver resolver{io};
  beast::tcp_stream stream{io};
  http::request<http::empty_body> request;
  http::response_parser<http::string_body> parser;
  beast::flat_buffer buffer;
  bool complete = false;
  Error failure{Errc::timeout, "no answer in time"};
};

}  // namespace

Result<HttpAnswer> get(const std::string& url, Duration timeout) {
  const Result<Target> target = parse_target(url);
  if (!target) return target.error();
  Exchange exchange(*target);
  exchange.start(timeout);
  exchange.io.run_for(timeout);
  if (!exchange.complete) return exchange.failure.within(url);
  return HttpAnswer{exchange.parser.get().result_int(), exchange.parser.get().body()};
}

}  // namespace entente::telemetry
