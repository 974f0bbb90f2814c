// An endpoint on loopback and clients of it, all on one io_context's thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "common/tls/stream.hpp"
#include "server/endpoint.hpp"
#include "tests/common/tls/loop.hpp"
#include "tests/common/tls/pki.hpp"
#include "tests/server/documents.hpp"

namespace entente::test {

using asio::ip::tcp;

inline asio::awaitable<std::string> read_to_end(tls::Stream& stream) {
  std::string all;
  std::string block(4096, '\0');
  const std::span<char> room(block);
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(room);
    if (!got || *got == 0) co_return all;
    all.append(block, 0, *got);
  }
}

// Through the end of `marker`, or to the connection's end.
inline asio::awaitable<std::string> read_past(tls::Stream& stream, std::string marker) {
  std::string all;
  char block[1];
  const std::span<char> room(block);
  while (!all.ends_with(marker)) {
    const Result<std::size_t> got = co_await stream.read_some(room);
    if (!got || *got == 0) break;
    all.append(block, *got);
  }
  co_return all;
}

class EndpointFixture : public testing::Test {
 protected:
  ~EndpointFixture() override {
    if (endpoint) stop_now();
  }

  void start(server::Limits limits = {}, const std::string& path = "/") {
    server::EndpointOptions options;
    options.listen = "127.0.0.1:0";
    options.path = path;
    options.limits = limits;
    endpoint = must(server::Endpoint::bind(io.get_executor(), options, metrics, log));
    serving.emplace(io, serve());
  }
  void start_serving(server::Limits limits = {}, const std::string& path = "/") {
    start(limits, path);
    endpoint->set_tls(server_context(authority.issue()));
    endpoint->set_publication(publication(1));
  }

  asio::awaitable<Status> stop(Duration grace) {
    co_await endpoint->stop(grace);
    co_return ok();
  }

  tcp::socket connect() {
    tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), endpoint->port()});
    return socket;
  }
  std::unique_ptr<tls::Stream> client() { return std::make_unique<tls::Stream>(connect(), trust); }
  // A client that has shaken hands; null where that failed.
  std::unique_ptr<tls::Stream> secure_client() {
    auto stream = client();
    const Status status = run(io, stream->handshake());
    return status ? std::move(stream) : nullptr;
  }
  // One request on a connection of its own that the server ends.
  std::string ask(const std::string& request) {
    const auto stream = secure_client();
    if (!stream) return "no connection";
    EXPECT_TRUE(run(io, stream->write(request)));
    return run(io, read_to_end(*stream));
  }
  // One request on a connection that stays.
  std::string ask(tls::Stream& stream, const std::string& request, const std::string& end) {
    EXPECT_TRUE(run(io, stream.write(request)));
    return run(io, read_past(stream, end));
  }
  // The server cuts the connection, without having to say why.
  bool cut_off(tcp::socket& socket) {
    Outcome<bool> outcome(io, wait_for_end(socket));
    return outcome.get();
  }
  std::string metric(const std::string& name) {
    const std::string text = "\n" + metrics.expose();
    const std::size_t at = text.find("\n" + name + " ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  asio::io_context io;
  Log log{LogLevel::error};
  telemetry::Metrics metrics;
  Authority authority;
  std::shared_ptr<const tls::ClientContext> trust = web_client(authority);
  std::unique_ptr<server::Endpoint> endpoint;
  std::optional<Outcome<Status>> serving;

 private:
  asio::awaitable<Status> serve() {
    co_await endpoint->run();
    co_return ok();
  }
  void stop_now() {
    EXPECT_TRUE(run(io, stop(Duration::zero())));
    EXPECT_TRUE(serving->get());
  }
  static asio::awaitable<bool> wait_for_end(tcp::socket& socket) {
    char block[512];
    for (;;) {
      const auto [error, size] =
          co_await socket.async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
      if (error) co_return true;
    }
  }
};

inline const std::string get_request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
inline const std::string last_request = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

}  // namespace entente::test
