// What a ClientContext keeps beside OpenSSL's context: how it trusts, and the last session. For tls's own sources.
#pragma once

#include <mutex>
#include <string>

#include "common/crypto/handles.hpp"
#include "common/tls/context.hpp"

namespace entente::tls {

// Thread-safe once created.
struct ClientContext::State {
  Options options;

  // OpenSSL hands over each new session; it is then ours.
  static int on_new_session(SSL* connection, SSL_SESSION* session);

  // The session to resume, or null. One of TLS 1.3 is given out once (RFC 8446 C.4), so that connections cannot be
  // linked by it; each resumed handshake brings its successor.
  crypto::SslSessionPtr take_session(Time now);

 private:
  std::mutex mutex_;
  crypto::SslSessionPtr session_;
};

}  // namespace entente::tls
