#include "common/tls/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>
#include <system_error>
#include <utility>

#include "common/tls/client_state.hpp"
#include "common/tls/socket_bio.hpp"
#include "common/tls/verification.hpp"

namespace entente::tls {

using asio::ip::tcp;

struct Stream::Impl {
  Impl(tcp::socket connected, std::shared_ptr<const void> kept, SSL_CTX* context)
      : socket(std::move(connected)), context_life(std::move(kept)), ssl(SSL_new(context)) {
    if (!ssl) throw std::bad_alloc();
    boost::system::error_code ignored;  // a socket that is broken already says so at the first read or write
    socket.native_non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    end.fd = socket.native_handle();
    BIO* const bio = make_socket_bio(end).release();
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_app_data(ssl.get(), &verdict);
  }

  ~Impl() {
    // A connection that is dropped without close_notify would take its session with it; RFC 8446 has no such rule.
    if (established && !broken) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  tcp::socket socket;
  std::shared_ptr<const void> context_life;
  SocketEnd end;
  Verdict verdict;
  crypto::SslPtr ssl;
  bool established = false;
  bool broken = false;  // after a fatal error OpenSSL may be asked for nothing more
  bool aborted = false;
  bool told_peer = false;  // written, and nothing has been read since
};

namespace {

enum class Next { done, wait_read, wait_write, failed };

// SSL_set_tlsext_host_name, whose macro holds a cast that our warnings refuse.
void send_server_name(SSL* ssl, const std::string& name) {
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
}

Error deadline_passed() { return Error(Errc::timeout, "tls: the deadline passed"); }

}  // namespace

// What OpenSSL's last call came to. `failure` is filled for Next::failed alone.
struct Stream::Outcome {
  Next next = Next::done;
  int count = 0;
  Error failure;
};

Stream::Outcome Stream::judge(Impl& impl, Call call, int result, const char* what) {
  Outcome outcome;
  outcome.count = result;
  if (result > 0) return outcome;
  const int kind = SSL_get_error(impl.ssl.get(), result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
    outcome.next = kind == SSL_ERROR_WANT_READ ? Next::wait_read : Next::wait_write;
    return outcome;
  }
  // The peer's close_notify is the end of what there is to read, and of nothing else: it may come in place of a
  // handshake, unencrypted and from anybody, and then nothing has been proven.
  const bool closed = kind == SSL_ERROR_ZERO_RETURN;
  if (closed && call == Call::read && impl.established) {
    outcome.count = 0;
    return outcome;
  }
  impl.broken = true;
  outcome.next = Next::failed;
  const Errc code = impl.established ? Errc::io : Errc::tls;
  if (impl.verdict.refusal)
    outcome.failure = *impl.verdict.refusal;
  else if (closed)
    outcome.failure = Error(code, std::string(what) + ": the peer closed the connection");
  else if (impl.end.end_of_file)
    outcome.failure = Error(code, std::string(what) + ": the peer cut the connection");
  else if (impl.end.error != 0)
    outcome.failure = Error(code, std::string(what) + ": " + std::generic_category().message(impl.end.error));
  else
    outcome.failure = crypto::drain_errors(what, Errc::tls);
  ERR_clear_error();
  return outcome;
}

// Before each call: what an earlier one left in the thread's queue must not be taken for this one's.
Stream::Outcome Stream::attempt(Impl& impl, Call call, std::span<char> in, std::span<const char> out) {
  constexpr std::size_t most = 1U << 20;
  ERR_clear_error();
  SSL* const ssl = impl.ssl.get();
  switch (call) {
    case Call::handshake:
      return judge(impl, call, SSL_do_handshake(ssl), "tls handshake");
    case Call::read:
      return judge(impl, call, SSL_read(ssl, in.data(), static_cast<int>(std::min(in.size(), most))), "tls read");
    case Call::write:
      return judge(impl, call, SSL_write(ssl, out.data(), static_cast<int>(std::min(out.size(), most))), "tls write");
    case Call::shutdown:
      return judge(impl, call, SSL_shutdown(ssl) < 0 ? -1 : 1, "tls shutdown");
  }
  return {};
}

// Speculative: the call comes first, and only what would block waits; but for what the peer says to what it was told a
// moment ago, which is never here yet, so that an attempt would cost a system call and the record's buffer.
asio::awaitable<Result<std::size_t>> Stream::perform(Impl& impl, Call call, std::span<char> in,
                                                     std::span<const char> out) {
  const bool reads = call == Call::read;
  bool waits_first = reads && impl.told_peer && SSL_has_pending(impl.ssl.get()) == 0;
  if (reads || call == Call::write) impl.told_peer = !reads;
  for (;;) {
    if (impl.aborted) co_return deadline_passed();
    if (impl.broken) co_return Error(Errc::io, "tls: the connection is broken");
    auto wait = tcp::socket::wait_read;
    if (!std::exchange(waits_first, false)) {
      const Outcome outcome = attempt(impl, call, in, out);
      if (outcome.next == Next::done) co_return static_cast<std::size_t>(outcome.count);
      if (outcome.next == Next::failed) co_return outcome.failure;
      if (outcome.next == Next::wait_write) wait = tcp::socket::wait_write;
    }
    const auto [error] = co_await impl.socket.async_wait(wait, asio::as_tuple(asio::use_awaitable));
    if (impl.aborted) co_return deadline_passed();
    if (error == asio::error::operation_aborted) co_return Error(Errc::cancelled, "tls: cancelled");
    if (error) co_return Error(Errc::io, "tls: wait: " + error.message());
  }
}

Stream::Stream(tcp::socket socket, std::shared_ptr<const ServerContext> context) {
  SSL_CTX* const native = context->native();
  impl_ = std::make_unique<Impl>(std::move(socket), std::move(context), native);
  SSL_set_accept_state(impl_->ssl.get());
}

Stream::Stream(tcp::socket socket, std::shared_ptr<const ClientContext> context) {
  ClientContext::State& state = *context->state_;
  SSL_CTX* const native = context->native();
  impl_ = std::make_unique<Impl>(std::move(socket), std::move(context), native);
  SSL* const ssl = impl_->ssl.get();
  SSL_set_connect_state(ssl);
  const std::string& name = state.options.server_name;
  if (!name.empty() && !is_address(name)) send_server_name(ssl, name);
  if (const auto session = state.take_session(std::chrono::system_clock::now())) SSL_set_session(ssl, session.get());
}

Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

asio::awaitable<Status> Stream::handshake() {
  Impl& impl = *impl_;
  const Result<std::size_t> done = co_await perform(impl, Call::handshake, {}, {});
  if (!done) co_return done.error();
  if (SSL_is_init_finished(impl.ssl.get()) != 1) {
    impl.broken = true;
    co_return Error(Errc::tls, "tls handshake: ended before it was finished");
  }
  impl.established = true;
  co_return ok();
}

asio::awaitable<Result<std::size_t>> Stream::read_some(std::span<char> buffer) {
  co_return co_await perform(*impl_, Call::read, buffer, {});
}

asio::awaitable<Status> Stream::write(std::span<const char> bytes) {
  Impl& impl = *impl_;
  while (!bytes.empty()) {
    const Result<std::size_t> written = co_await perform(impl, Call::write, {}, bytes);
    if (!written) co_return written.error();
    if (*written == 0) co_return Error(Errc::io, "tls write: the connection takes nothing more");
    bytes = bytes.subspan(*written);
  }
  co_return ok();
}

asio::awaitable<void> Stream::shutdown() {
  Impl& impl = *impl_;
  if (!impl.established || impl.broken || impl.aborted) co_return;
  const Result<std::size_t> sent = co_await perform(impl, Call::shutdown, {}, {});
  static_cast<void>(sent);  // the connection ends either way
}

void Stream::abort() {
  impl_->aborted = true;
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
  impl_->end.fd = -1;
}

bool Stream::resumed() const { return SSL_session_reused(impl_->ssl.get()) == 1; }

std::vector<crypto::Certificate> Stream::peer_chain() const {
  SSL* const ssl = impl_->ssl.get();
  auto chain = to_certificates(SSL_get_peer_cert_chain(ssl));
  if (!chain) return {};
  if (SSL_is_server(ssl) == 1) {  // OpenSSL leaves the leaf out on this side
    if (X509* const leaf = SSL_get0_peer_certificate(ssl)) {
      const crypto::X509StackPtr one(sk_X509_new_null());
      X509_up_ref(leaf);
      sk_X509_push(one.get(), leaf);
      if (auto first = to_certificates(one.get()); first) chain->insert(chain->begin(), first->front());
    }
  }
  return std::move(*chain);
}

std::vector<crypto::Certificate> Stream::verified_chain() const {
  auto chain = to_certificates(SSL_get0_verified_chain(impl_->ssl.get()));
  if (!chain) return {};
  return std::move(*chain);
}

tcp::socket& Stream::socket() { return impl_->socket; }

}  // namespace entente::tls
