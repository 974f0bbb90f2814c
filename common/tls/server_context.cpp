#include "common/tls/profile.hpp"
#include "common/tls/verification.hpp"

namespace entente::tls {

// What OpenSSL's callbacks point to.
struct ServerContext::State {
  VerifyChain verify_client;
  std::string alpn;  // as on the wire
};

namespace {

// RFC 7301 3.2: a client that offers only what is not spoken here is told so by an alert.
int on_alpn(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
            unsigned offered_size, void* argument) {
  const ByteView ours = as_bytes(*static_cast<const std::string*>(argument));
  unsigned char* match = nullptr;
  if (SSL_select_next_proto(&match, size, ours.data(), static_cast<unsigned>(ours.size()), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

// Stateless: sessions live in tickets only, sealed with keys that die with the context.
void use_tickets(SSL_CTX& context) {
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(&context, 1);
}

// Mutual TLS: a resumed session would prove nothing anew, so there is none.
void refuse_tickets(SSL_CTX& context) {
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, 0);
}

}  // namespace

Result<std::shared_ptr<const ServerContext>> ServerContext::create(const Identity& identity, Options options) {
  Result<crypto::SslCtxPtr> native = make_context(TLS_server_method());
  if (!native) return native.error();
  SSL_CTX& context = **native;
  if (const Status used = use_identity(context, identity); !used) return used.error();
  Result<std::string> alpn = alpn_wire(options.alpn);
  if (!alpn) return alpn.error();

  const std::shared_ptr<ServerContext> made(new ServerContext());
  made->state_ = std::make_shared<State>(State{std::move(options.verify_client), std::move(*alpn)});
  made->not_after_ = identity.chain.front().not_after();
  if (made->state_->verify_client) {
    verify_by_function(context, made->state_->verify_client, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    refuse_tickets(context);
  } else {
    SSL_CTX_set_verify(&context, SSL_VERIFY_NONE, nullptr);  // FS-3
    use_tickets(context);
  }
  if (!made->state_->alpn.empty()) SSL_CTX_set_alpn_select_cb(&context, on_alpn, &made->state_->alpn);
  made->context_.reset(native->release(), SSL_CTX_free);
  return std::shared_ptr<const ServerContext>(made);
}

}  // namespace entente::tls
