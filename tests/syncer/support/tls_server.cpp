#include "tests/syncer/support/tls_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace entente::test {

using asio::ip::tcp;

struct TlsServer::State {
  explicit State(asio::io_context& io) : acceptor(io, {asio::ip::address_v4::loopback(), 0}) {}

  tcp::acceptor acceptor;
  std::shared_ptr<const tls::ServerContext> context;
  Talk talk;
  bool silent = false;
  int accepted = 0, resumed = 0;
  std::vector<std::string> requests;
  std::vector<std::weak_ptr<tls::Stream>> streams;
  std::vector<tcp::socket> unanswered;
};

namespace {

asio::awaitable<std::string> read_head(tls::Stream& stream, std::string& buffered) {
  for (;;) {
    const std::size_t end = buffered.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::string head = buffered.substr(0, end + 4);
      buffered.erase(0, end + 4);
      co_return head;
    }
    const std::size_t before = buffered.size();
    buffered.resize(before + 4096);
    const std::span<char> room(buffered.data() + before, 4096);
    const Result<std::size_t> count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return std::string();
    buffered.resize(before + *count);
  }
}

}  // namespace

TlsServer::TlsServer(asio::io_context& io, const tls::Identity& identity, Talk talk)
    : state_(std::make_shared<State>(io)) {
  present(identity);
  behave(std::move(talk));
  asio::co_spawn(io, accept_all(state_), asio::detached);
}

std::uint16_t TlsServer::port() const { return state_->acceptor.local_endpoint().port(); }
std::string TlsServer::url(std::string_view path) const {
  return "https://127.0.0.1:" + std::to_string(port()) + std::string(path);
}

void TlsServer::present(const tls::Identity& identity) {
  auto context = tls::ServerContext::create(identity, {});
  if (!context) throw std::runtime_error(context.error().message());
  state_->context = std::move(*context);
}

void TlsServer::behave(Talk talk) { state_->talk = std::move(talk); }
void TlsServer::be_silent() { state_->silent = true; }
void TlsServer::stop_listening() { state_->acceptor.close(); }

void TlsServer::drop_all() {
  for (const auto& weak : state_->streams)
    if (const auto stream = weak.lock()) stream->abort();
}

int TlsServer::accepted() const { return state_->accepted; }
int TlsServer::resumed() const { return state_->resumed; }
const std::vector<std::string>& TlsServer::requests() const { return state_->requests; }

asio::awaitable<void> TlsServer::accept_all(std::shared_ptr<State> state) {
  for (;;) {
    auto [error, socket] = co_await state->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    ++state->accepted;
    if (state->silent)
      state->unanswered.push_back(std::move(socket));
    else
      asio::co_spawn(co_await asio::this_coro::executor, attend(state, std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> TlsServer::attend(std::shared_ptr<State> state, tcp::socket socket) {
  const auto stream = std::make_shared<tls::Stream>(std::move(socket), state->context);
  state->streams.push_back(stream);
  const Status shaken = co_await stream->handshake();
  if (!shaken) co_return;
  if (stream->resumed()) ++state->resumed;
  const Talk talk = state->talk;  // kept for as long as it runs, whatever the test sets next
  co_await talk(stream);
}

Talk TlsServer::answer(std::function<std::string(const std::string&)> respond) const {
  return [weak = std::weak_ptr(state_),
          respond = std::move(respond)](std::shared_ptr<tls::Stream> stream) -> asio::awaitable<void> {
    std::string buffered;
    for (;;) {
      const std::string head = co_await read_head(*stream, buffered);
      const auto state = weak.lock();
      if (head.empty() || !state) co_return;
      state->requests.push_back(head);
      const std::string response = respond(head);
      const Status sent = co_await stream->write(response);
      if (!sent) co_return;
    }
  };
}

Talk TlsServer::answer(std::string response) const {
  return answer([response = std::move(response)](const std::string&) { return response; });
}

std::string http_response(std::string_view status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace entente::test
