// An HTTP proxy of a test's own on loopback: it answers CONNECT as the test says and leads every tunnel to one port,
// whatever name was asked for.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <vector>

namespace entente::test {

namespace asio = boost::asio;

// Lives on the io_context's thread, its tunnels until the io_context goes.
class ConnectProxy {
 public:
  ConnectProxy(asio::io_context& io, std::uint16_t target) : state_(std::make_shared<State>(io)) {
    lead_to(target);
    asio::co_spawn(io, accept_all(state_), asio::detached);
  }

  std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  void lead_to(std::uint16_t target) { state_->target = target; }
  // Anything but a 200 opens no tunnel.
  void answer(std::string text) { state_->answer = std::move(text); }
  void be_silent() { state_->answer.clear(); }
  const std::vector<std::string>& heads() const { return state_->heads; }  // of the requests

 private:
  using Socket = asio::ip::tcp::socket;

  struct State {
    explicit State(asio::io_context& io) : acceptor(io, {asio::ip::address_v4::loopback(), 0}) {}
    asio::ip::tcp::acceptor acceptor;
    std::uint16_t target = 0;
    std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    std::vector<std::string> heads;
    std::vector<std::shared_ptr<Socket>> unanswered;
  };

  static asio::awaitable<void> accept_all(std::shared_ptr<State> state) {
    for (;;) {
      auto [error, socket] = co_await state->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
      if (error) co_return;
      auto shared = std::make_shared<Socket>(std::move(socket));
      auto task = attend(state, std::move(shared));
      asio::co_spawn(state->acceptor.get_executor(), std::move(task), asio::detached);
    }
  }

  static asio::awaitable<void> attend(std::shared_ptr<State> state, std::shared_ptr<Socket> client) {
    std::string head;
    auto buffer = asio::dynamic_buffer(head, 16384);
    const auto [error, size] =
        co_await asio::async_read_until(*client, buffer, "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    state->heads.push_back(head.substr(0, size));
    if (state->answer.empty()) {
      state->unanswered.push_back(client);
      co_return;
    }
    const std::string answer = state->answer;
    const auto bytes = asio::buffer(answer);
    const auto [failed, sent] = co_await asio::async_write(*client, bytes, asio::as_tuple(asio::use_awaitable));
    if (failed || sent == 0 || answer.find(" 200 ") == std::string::npos) co_return;
    auto server = std::make_shared<Socket>(client->get_executor());
    const asio::ip::tcp::endpoint target(asio::ip::address_v4::loopback(), state->target);
    const auto [refused] = co_await server->async_connect(target, asio::as_tuple(asio::use_awaitable));
    if (refused) co_return;
    auto onward = copy(client, server);
    asio::co_spawn(client->get_executor(), std::move(onward), asio::detached);
    auto back = copy(server, client);
    co_await std::move(back);
  }

  static asio::awaitable<void> copy(std::shared_ptr<Socket> from, std::shared_ptr<Socket> to) {
    std::vector<char> block(16384);
    for (;;) {
      const auto room = asio::buffer(block);
      const auto [error, count] = co_await from->async_read_some(room, asio::as_tuple(asio::use_awaitable));
      if (error) break;
      const auto bytes = asio::buffer(block.data(), count);
      const auto [failed, sent] = co_await asio::async_write(*to, bytes, asio::as_tuple(asio::use_awaitable));
      if (failed || sent != count) break;
    }
    boost::system::error_code ignored;
    to->shutdown(Socket::shutdown_send, ignored);
  }

  std::shared_ptr<State> state_;
};

}  // namespace entente::test
