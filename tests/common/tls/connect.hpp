// A client and a server stream over one loopback connection, and their handshakes side by side.
#pragma once

#include <memory>

#include "common/tls/stream.hpp"
#include "tests/common/tls/loop.hpp"

namespace entente::test {

// A side that fails leaves, so that the other learns of it.
inline asio::awaitable<Status> shake_hands(tls::Stream& stream) {
  const Status status = co_await stream.handshake();
  if (!status) stream.abort();
  co_return status;
}

struct Connection {
  Connection(asio::io_context& context, std::shared_ptr<const tls::ClientContext> client_context,
             std::shared_ptr<const tls::ServerContext> server_context)
      : io(context),
        sockets(context),
        client(std::move(sockets.near), std::move(client_context)),
        server(std::move(sockets.far), std::move(server_context)) {}

  bool handshake() {
    Outcome<Status> client_side(io, shake_hands(client));
    Outcome<Status> server_side(io, shake_hands(server));
    on_client = client_side.get();
    on_server = server_side.get();
    return on_client && on_server;
  }

  // One byte from the server to the client: by TLS 1.3 the session tickets come along before it.
  void ping() {
    const char byte = 'x';
    char buffer[8];
    EXPECT_TRUE(run(io, server.write({&byte, 1})).has_value());
    EXPECT_TRUE(run(io, client.read_some(buffer)).has_value());
  }

  asio::io_context& io;
  SocketPair sockets;
  tls::Stream client, server;
  Status on_client, on_server;
};

}  // namespace entente::test
