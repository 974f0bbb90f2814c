// A TLS connection: OpenSSL on the socket itself with readiness waits, so that an idle connection costs OpenSSL's own
// 15 KB and nothing else. Server and client alike. Writing to a peer that is gone is an error and raises no SIGPIPE.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/certificate.hpp"
#include "common/tls/context.hpp"

namespace entente::tls {

namespace asio = boost::asio;

// Lives on one io_context's thread; one read and one write may be outstanding. Deadlines are the caller's: abort()
// makes every outstanding operation end with Errc::timeout at once.
class Stream {
 public:
  Stream(asio::ip::tcp::socket socket, std::shared_ptr<const ServerContext> context);
  Stream(asio::ip::tcp::socket socket, std::shared_ptr<const ClientContext> context);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // Errc::tls with OpenSSL's or the verifier's reason; the verifier's own code is kept (wrong_spiffe_id, expired, ...).
  asio::awaitable<Status> handshake();

  // At least one byte, or 0 at the peer's orderly end (close_notify); a connection cut without it is an error.
  asio::awaitable<Result<std::size_t>> read_some(std::span<char> buffer);
  // All of it.
  asio::awaitable<Status> write(std::span<const char> bytes);
  // Sends close_notify, does not wait for the peer's.
  asio::awaitable<void> shutdown();

  // Ends the connection and every outstanding operation now; safe to call at any time on the thread.
  void abort();

  bool resumed() const;                                 // the handshake took up an earlier session
  std::vector<crypto::Certificate> peer_chain() const;  // leaf first, as the peer sent it
  // From the leaf to the root, as WebTrust found it good; empty under VerifyChain and on resumed sessions.
  std::vector<crypto::Certificate> verified_chain() const;
  asio::ip::tcp::socket& socket();

 private:
  struct Impl;
  struct Outcome;
  enum class Call { handshake, read, write, shutdown };
  static Outcome judge(Impl& impl, Call call, int result, const char* what);
  static Outcome attempt(Impl& impl, Call call, std::span<char> in, std::span<const char> out);
  static asio::awaitable<Result<std::size_t>> perform(Impl& impl, Call call, std::span<char> in,
                                                      std::span<const char> out);

  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::tls
