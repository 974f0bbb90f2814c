// FS-2: Mozilla's intermediate profile, asked by a client of OpenSSL's that is made to want other things.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <functional>
#include <thread>

#include "common/tls/stream.hpp"
#include "tests/common/tls/loop.hpp"
#include "tests/common/tls/pki.hpp"

namespace entente::tls {
namespace {

using namespace entente::test;

using Native = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using NativeConnection = std::unique_ptr<SSL, void (*)(SSL*)>;

struct Shake {
  Status server;
  bool client = false;
  std::string version, cipher, group, alpn;
};

void connect(SSL_CTX* context, int fd, Shake& shake) {
  const NativeConnection ssl(SSL_new(context), SSL_free);
  SSL_set_fd(ssl.get(), fd);
  shake.client = SSL_connect(ssl.get()) == 1;
  if (!shake.client) return;
  shake.version = SSL_get_version(ssl.get());
  shake.cipher = SSL_get_cipher_name(ssl.get());
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl.get(), &alpn, &size);
  shake.alpn.assign(alpn, alpn + size);
  shake.group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(ssl.get())));
}

// The native client is blocking and has a thread of its own.
Shake shake_with(const std::function<void(SSL_CTX*)>& prepare) {
  asio::io_context io;
  const Authority authority;
  const Native native(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  prepare(native.get());
  SocketPair sockets(io);
  Shake shake;
  std::thread client(connect, native.get(), sockets.near.native_handle(), std::ref(shake));
  {
    Stream server(std::move(sockets.far), server_context(authority.issue()));
    shake.server = run(io, server.handshake());
  }
  client.join();
  return shake;
}

void only(SSL_CTX* context, int version) {
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
}

TEST(Profile, SpeaksTls13WithX25519First) {  // FS-2
  const Shake shake = shake_with([](SSL_CTX*) {});

  EXPECT_TRUE(shake.server);
  EXPECT_TRUE(shake.client);
  EXPECT_EQ(shake.version, "TLSv1.3");
  EXPECT_EQ(shake.group, "X25519");
}

TEST(Profile, SpeaksTls12WithForwardSecrecy) {  // FS-2
  const Shake shake = shake_with([](SSL_CTX* context) { only(context, TLS1_2_VERSION); });

  EXPECT_TRUE(shake.server);
  EXPECT_EQ(shake.version, "TLSv1.2");
  EXPECT_EQ(shake.cipher.substr(0, 5), "ECDHE");
}

TEST(Profile, SpeaksP256AndP384) {  // FS-2
  for (const char* group : {"P-256", "P-384"})
    EXPECT_TRUE(shake_with([&](SSL_CTX* context) { SSL_CTX_set1_groups_list(context, group); }).server) << group;
}

TEST(Profile, RefusesTls11) {  // FS-2
  const Shake shake = shake_with([](SSL_CTX* context) {
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    only(context, TLS1_1_VERSION);
  });

  EXPECT_FALSE(shake.client);
  ASSERT_FALSE(shake.server);
  EXPECT_EQ(shake.server.error().code(), Errc::tls);
  EXPECT_NE(shake.server.error().message().find("unsupported protocol"), std::string::npos)
      << shake.server.error().message();
}

TEST(Profile, RefusesSuitesOutsideTheProfile) {  // FS-2
  for (const char* suite : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-CCM"}) {
    const Shake shake = shake_with([&](SSL_CTX* context) {
      only(context, TLS1_2_VERSION);
      ASSERT_EQ(SSL_CTX_set_cipher_list(context, suite), 1) << suite;
    });

    ASSERT_FALSE(shake.server) << suite;
    EXPECT_NE(shake.server.error().message().find("no shared cipher"), std::string::npos)
        << shake.server.error().message();
  }
}

void offer(SSL_CTX* context, std::string_view wire) {
  const ByteView bytes = as_bytes(wire);
  SSL_CTX_set_alpn_protos(context, bytes.data(), static_cast<unsigned>(bytes.size()));
}

TEST(Profile, ChoosesHttp11AmongWhatTheClientOffers) {
  const Shake shake = shake_with([](SSL_CTX* context) { offer(context, "\x02h2\x08http/1.1"); });

  EXPECT_TRUE(shake.server);
  EXPECT_EQ(shake.alpn, "http/1.1");
}

TEST(Profile, RefusesAClientThatSpeaksHttp2Only) {
  EXPECT_FALSE(shake_with([](SSL_CTX* context) { offer(context, "\x02h2"); }).server);
}

TEST(Profile, AcceptsAClientThatOffersNoProtocol) {
  const Shake shake = shake_with([](SSL_CTX*) {});

  EXPECT_TRUE(shake.server);
  EXPECT_EQ(shake.alpn, "");
}

}  // namespace
}  // namespace entente::tls
