// A TLS server of a test's own on loopback, as well or as badly behaved as the test wants.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/tls/stream.hpp"

namespace entente::test {

namespace asio = boost::asio;

// What a server does on a connection after the handshake.
using Talk = std::function<asio::awaitable<void>(std::shared_ptr<tls::Stream>)>;

// Lives on the io_context's thread, its connections until the io_context goes.
class TlsServer {
 public:
  TlsServer(asio::io_context& io, const tls::Identity& identity, Talk talk);

  std::uint16_t port() const;
  std::string url(std::string_view path = "/") const;  // https://127.0.0.1:port/
  void present(const tls::Identity& identity);         // from the next connection on
  void behave(Talk talk);
  void be_silent();  // accept, and no handshake
  void drop_all();   // cuts every connection, without a word
  void stop_listening();

  int accepted() const;
  int resumed() const;                               // handshakes that took up a session
  const std::vector<std::string>& requests() const;  // heads, as answer() has read them

  // Reads request heads and answers each with what `respond` makes of it; goes on for as long as the client does.
  Talk answer(std::function<std::string(const std::string& head)> respond) const;
  Talk answer(std::string response) const;

 private:
  struct State;
  static asio::awaitable<void> accept_all(std::shared_ptr<State> state);
  static asio::awaitable<void> attend(std::shared_ptr<State> state, asio::ip::tcp::socket socket);
  std::shared_ptr<State> state_;
};

// "HTTP/1.1 <status>\r\n<headers>Content-Length: ...\r\n\r\n<body>"
std::string http_response(std::string_view status, std::string_view body, std::string_view headers = "");

}  // namespace entente::test
