#include "common/tls/stream.hpp"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "tests/common/tls/connect.hpp"
#include "tests/common/tls/pki.hpp"

namespace entente::tls {
namespace {

using namespace entente::test;

struct StreamTest : testing::Test {
  asio::io_context io;
  Authority authority;
  Connection connection{io, web_client(authority), server_context(authority.issue())};
  Stream& client = connection.client;
  Stream& server = connection.server;
};

asio::awaitable<std::string> read_bytes(Stream& stream, std::size_t count) {
  std::string all(count, '\0');
  std::size_t at = 0;
  while (at < count) {
    const Result<std::size_t> got = co_await stream.read_some(std::span<char>(all).subspan(at));
    if (!got || *got == 0) break;
    at += *got;
  }
  all.resize(at);
  co_return all;
}

TEST_F(StreamTest, CarriesMoreThanASocketHoldsBothWaysAtOnce) {
  ASSERT_TRUE(connection.handshake());
  const std::string up(3U << 20, 'u'), down(3U << 20, 'd');

  Outcome<Status> sent_up(io, client.write(up)), sent_down(io, server.write(down));
  Outcome<std::string> got_up(io, read_bytes(server, up.size())), got_down(io, read_bytes(client, down.size()));

  EXPECT_TRUE(got_up.get() == up);
  EXPECT_TRUE(got_down.get() == down);
  EXPECT_TRUE(sent_up.get());
  EXPECT_TRUE(sent_down.get());
}

asio::awaitable<Status> shut(Stream& stream) {
  co_await stream.shutdown();
  co_return ok();
}

// Two records that anybody on the way can send, without a key: nothing is proven by them, and nothing may wait for
// ever.
TEST(RawPeer, CannotEndAHandshakeWithACloseNotify) {
  asio::io_context io;
  Authority authority;
  SocketPair sockets(io);
  Stream client(std::move(sockets.near), web_client(authority));
  const std::string close_notify("\x15\x03\x03\x00\x02\x01\x00", 7);
  asio::write(sockets.far, asio::buffer(close_notify + close_notify));

  const Status shaken = run(io, client.handshake());
  const Status written = run(io, client.write(std::string(100, 'x')));

  ASSERT_FALSE(shaken);
  EXPECT_EQ(shaken.error().code(), Errc::tls);
  EXPECT_FALSE(written);
}

// The same at the other end: the endpoint's side of a handshake.
TEST(RawPeer, CannotEndTheServersHandshakeWithACloseNotify) {
  asio::io_context io;
  Authority authority;
  SocketPair sockets(io);
  Stream server(std::move(sockets.near), server_context(authority.issue()));
  const std::string close_notify("\x15\x03\x03\x00\x02\x01\x00", 7);
  asio::write(sockets.far, asio::buffer(close_notify + close_notify));

  EXPECT_FALSE(run(io, server.handshake()));
  EXPECT_FALSE(run(io, server.write(std::string(100, 'x'))));
}

TEST_F(StreamTest, ReadsNothingAtAnOrderlyEnd) {
  ASSERT_TRUE(connection.handshake());
  char buffer[16];

  EXPECT_TRUE(run(io, shut(server)));
  const Result<std::size_t> got = run(io, client.read_some(buffer));

  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 0U);
}

TEST_F(StreamTest, TakesAConnectionCutWithoutCloseNotifyForAnError) {
  ASSERT_TRUE(connection.handshake());
  connection.ping();
  char buffer[16];

  server.abort();
  const Result<std::size_t> got = run(io, client.read_some(buffer));

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), Errc::io);
}

TEST_F(StreamTest, EndsAHandshakeWithASilentPeerByTimeoutWhenAborted) {
  Outcome<Status> handshake(io, server.handshake());
  io.poll();
  ASSERT_FALSE(handshake.done());

  server.abort();

  const Status status = handshake.get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Errc::timeout);
}

TEST_F(StreamTest, EndsAReadAndAWriteByTimeoutWhenAborted) {
  ASSERT_TRUE(connection.handshake());
  const std::string more(64U << 20, 'x');
  char buffer[16];
  Outcome<Status> write(io, server.write(more));
  Outcome<Result<std::size_t>> read(io, server.read_some(buffer));
  while (io.poll() > 0) {
  }
  ASSERT_FALSE(write.done());
  ASSERT_FALSE(read.done());

  server.abort();

  EXPECT_EQ(write.get().error().code(), Errc::timeout);
  EXPECT_EQ(read.get().error().code(), Errc::timeout);
}

TEST_F(StreamTest, ReturnsAnErrorAndNoSignalWhenThePeerIsGone) {
  ASSERT_TRUE(connection.handshake());
  client.abort();
  const std::string text(1U << 20, 'x');

  Status status = ok();
  for (int i = 0; i < 100 && status; ++i) status = run(io, server.write(text));

  EXPECT_FALSE(status);
}

TEST_F(StreamTest, RefusesGarbageForAHandshake) {
  Outcome<Status> handshake(io, server.handshake());
  asio::write(client.socket(), asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));

  const Status status = handshake.get();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Errc::tls);
}

}  // namespace
}  // namespace entente::tls
