#include "common/telemetry/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "common/base/listen.hpp"
#include "common/base/task.hpp"

namespace entente::telemetry {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t connection_limit = 64;
constexpr std::chrono::seconds connection_time(10);
constexpr std::uint32_t header_limit = 8192;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

Response answer(http::status status, std::string body, const char* type = "text/plain; charset=utf-8") {
  Response response(status, 11, std::move(body));
  response.set(http::field::content_type, type);
  response.keep_alive(false);
  return response;
}

Response readiness_answer(const Readiness& readiness) {
  std::string reasons;
  for (const std::string& reason : readiness.reasons()) reasons += reason + '\n';
  return reasons.empty() ? answer(http::status::ok, "ready\n")
                         : answer(http::status::service_unavailable, std::move(reasons));
}

// What the requests are answered from; the listener's.
struct Shown {
  Metrics& metrics;
  const Readiness& readiness;
  const Pages* pages;  // may be null
  const HealthPaths& paths;
};

Response not_found(const Shown& shown) {
  std::string names = "there is /metrics, " + shown.paths.live + ", " + shown.paths.ready;
  if (shown.pages != nullptr)
    for (const std::string& path : shown.pages->paths()) names += ", " + path;
  return answer(http::status::not_found, names + '\n');
}

Response respond(const Request& request, const Shown& shown) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    Response refusal = answer(http::status::method_not_allowed, "only GET and HEAD\n");
    refusal.set(http::field::allow, "GET, HEAD");
    return refusal;
  }
  const beast::string_view path = request.target().substr(0, request.target().find('?'));
  if (path == "/metrics")
    return answer(http::status::ok, shown.metrics.expose(), "text/plain; version=0.0.4; charset=utf-8");
  if (path == shown.paths.live) return answer(http::status::ok, "live\n");
  if (path == shown.paths.ready) return readiness_answer(shown.readiness);
  if (shown.pages != nullptr)
    if (auto page = shown.pages->show({path.data(), path.size()}))
      return answer(http::status::ok, std::move(*page), "application/json");
  return not_found(shown);
}

asio::awaitable<void> serve(tcp::socket socket, Shown shown) {
  beast::tcp_stream stream(std::move(socket));
  stream.expires_after(connection_time);
  beast::flat_buffer buffer;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(header_limit);
  const auto [read_error, read_size] = co_await http::async_read(stream, buffer, parser, as_result);
  if (read_error) co_return;
  Response response = respond(parser.get(), shown);
  response.prepare_payload();
  if (parser.get().method() == http::verb::head) response.body().clear();
  const auto [write_error, written] = co_await http::async_write(stream, response, as_result);
  if (!write_error) {
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }
}

}  // namespace

struct Listener::Impl {
  Impl(tcp::acceptor listening, Metrics& metrics, const Readiness& readiness, const Pages* pages, HealthPaths where,
       Log& l)
      : acceptor(std::move(listening)),
        paths(std::move(where)),
        shown{metrics, readiness, pages, paths},
        log(l),
        connections(acceptor.get_executor(), l) {}

  tcp::acceptor acceptor;
  HealthPaths paths;
  Shown shown;
  Log& log;
  TaskGroup connections;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::bind(asio::any_io_executor executor, const std::string& listen,
                                                 Metrics& metrics, const Readiness& readiness, Log& log,
                                                 const Pages* pages, HealthPaths paths) {
  Result<tcp::acceptor> acceptor = listen_on(std::move(executor), listen);
  if (!acceptor) return acceptor.error().within("telemetry");
  auto impl = std::make_unique<Impl>(std::move(*acceptor), metrics, readiness, pages, std::move(paths), log);
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

std::uint16_t Listener::port() const {
  boost::system::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

asio::awaitable<void> Listener::run() {
  Impl& impl = *impl_;
  asio::steady_timer pause(impl.acceptor.get_executor());
  for (;;) {
    auto [error, socket] = co_await impl.acceptor.async_accept(as_result);
    if (error == asio::error::operation_aborted) break;
    if (error) {  // out of descriptors: they do not come back by asking at once
      impl.log.warning("telemetry: accept failed", {{"error", error.message()}});
      pause.expires_after(std::chrono::seconds(1));
      const auto [cancelled] = co_await pause.async_wait(as_result);
      if (cancelled) break;
      continue;
    }
    if (impl.connections.running() >= connection_limit) continue;  // the socket closes
    impl.connections.spawn("telemetry request", serve(std::move(socket), impl.shown));
  }
  impl.connections.cancel();
}

}  // namespace entente::telemetry
