#include "common/tls/client_state.hpp"
#include "common/tls/profile.hpp"
#include "common/tls/verification.hpp"

namespace entente::tls {
namespace {

bool leaf_valid_at(SSL_SESSION* session, Time now) {
  X509* const leaf = SSL_SESSION_get0_peer(session);
  const std::time_t at = unix_seconds(now);
  return leaf != nullptr && X509_cmp_time(X509_get0_notAfter(leaf), const_cast<std::time_t*>(&at)) > 0;
}

Status use_trust(SSL_CTX& context, const std::variant<WebTrust, VerifyChain>& trust) {
  if (const auto* web = std::get_if<WebTrust>(&trust)) return verify_by_web_trust(context, *web);
  const auto& judge = std::get<VerifyChain>(trust);
  if (!judge) return Error(Errc::invalid_argument, "tls: nothing to judge the server's certificate with");
  verify_by_function(context, judge, SSL_VERIFY_PEER);
  return ok();
}

Status use_alpn(SSL_CTX& context, const std::vector<std::string>& protocols) {
  const Result<std::string> wire = alpn_wire(protocols);
  if (!wire) return wire.error();
  const ByteView bytes = as_bytes(*wire);
  // The one call of OpenSSL's where 0 is success.
  if (SSL_CTX_set_alpn_protos(&context, bytes.data(), static_cast<unsigned>(bytes.size())) != 0)
    return crypto::drain_errors("tls alpn");
  return ok();
}

}  // namespace

int ClientContext::State::on_new_session(SSL* connection, SSL_SESSION* session) {
  auto* const state = static_cast<State*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  const std::lock_guard lock(state->mutex_);
  state->session_.reset(session);
  return 1;
}

crypto::SslSessionPtr ClientContext::State::take_session(Time now) {
  const std::lock_guard lock(mutex_);
  if (!session_) return nullptr;
  if (SSL_SESSION_is_resumable(session_.get()) != 1 || !leaf_valid_at(session_.get(), now)) session_.reset();
  if (!session_ || SSL_SESSION_get_protocol_version(session_.get()) >= TLS1_3_VERSION) return std::move(session_);
  SSL_SESSION_up_ref(session_.get());
  return crypto::SslSessionPtr(session_.get());
}

Result<std::shared_ptr<const ClientContext>> ClientContext::create(Options options) {
  Result<crypto::SslCtxPtr> native = make_context(TLS_client_method());
  if (!native) return native.error();
  SSL_CTX& context = **native;
  auto state = std::make_shared<State>();
  state->options = std::move(options);
  if (const Status trust = use_trust(context, state->options.trust); !trust) return trust.error();
  if (state->options.identity) {
    if (const Status used = use_identity(context, *state->options.identity); !used) return used.error();
  }
  if (const Status alpn = use_alpn(context, state->options.alpn); !alpn) return alpn.error();
  SSL_CTX_set_app_data(&context, state.get());
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(&context, State::on_new_session);

  const std::shared_ptr<ClientContext> made(new ClientContext());
  made->context_.reset(native->release(), SSL_CTX_free);
  made->state_ = std::move(state);
  return std::shared_ptr<const ClientContext>(made);
}

}  // namespace entente::tls
