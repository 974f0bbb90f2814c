#include "common/tls/profile.hpp"

namespace entente::tls {
namespace {

// Mozilla's "intermediate" list less its finite-field DHE suites: whoever can do those can do ECDHE, and they are the
// dearest thing that a stranger could make a server compute. The order is advice only: the client chooses.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* tls13_ciphers = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";

bool apply_profile(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);  // a record's header and body in one system call
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, tls12_ciphers) == 1 &&
         SSL_CTX_set_ciphersuites(context, tls13_ciphers) == 1 && SSL_CTX_set1_groups_list(context, groups) == 1;
}

Result<crypto::X509Ptr> to_native(const crypto::Certificate& certificate) {
  const ByteView der = certificate.der();
  const unsigned char* at = der.data();
  crypto::X509Ptr native(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!native) return crypto::drain_errors("tls certificate");
  return native;
}

}  // namespace

Result<crypto::SslCtxPtr> make_context(const SSL_METHOD* method) {
  crypto::SslCtxPtr context(SSL_CTX_new(method));
  if (!context || !apply_profile(context.get())) return crypto::drain_errors("tls context");
  return context;
}

Status use_identity(SSL_CTX& context, const Identity& identity) {
  if (identity.chain.empty() || !identity.key)
    return Error(Errc::invalid_argument, "tls identity: a certificate and its key are needed");
  if (!(identity.key->public_key() == identity.chain.front().public_key()))
    return Error(Errc::invalid_argument, "tls identity: the private key is not the certificate's");
  for (std::size_t i = 0; i < identity.chain.size(); ++i) {
    const Result<crypto::X509Ptr> native = to_native(identity.chain[i]);
    if (!native) return native.error();
    const long used =
        i == 0 ? SSL_CTX_use_certificate(&context, native->get()) : SSL_CTX_add1_chain_cert(&context, native->get());
    if (used != 1) return crypto::drain_errors("tls certificate");
  }
  if (SSL_CTX_use_PrivateKey(&context, identity.key->native()) != 1) return crypto::drain_errors("tls private key");
  return ok();
}

Result<std::string> alpn_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255)
      return Error(Errc::invalid_argument, "tls: an ALPN protocol name has 1 to 255 bytes");
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

}  // namespace entente::tls
