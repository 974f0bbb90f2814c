// What a TLS endpoint of Entente presents and demands. TLS 1.2 and 1.3 in Mozilla's intermediate profile (FS-2).
// Contexts are immutable and shared by the connections made from them: a new certificate or a new trust is a new
// context.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/key.hpp"
#include "common/tls/system_roots.hpp"

struct ssl_ctx_st;

namespace entente::tls {

struct Identity {
  std::vector<crypto::Certificate> chain;  // leaf first
  std::shared_ptr<const crypto::PrivateKey> key;
};

// Judges a peer's chain (leaf first) in place of OpenSSL: all of RFC 5280 is the function's to do. Called on the
// connection's thread during the handshake. Its error becomes the handshake's error.
using VerifyChain = std::function<Status(std::span<const crypto::Certificate> chain)>;

// Session tickets are sealed with these keys, so that a new certificate on the server keeps old tickets useless and the
// processes of one endpoint could share them. Made anew with each ServerContext.
class ServerContext {
 public:
  struct Options {
    // Null: no client certificate is asked for (FS-3). Set: one is demanded and judged (mutual TLS).
    VerifyChain verify_client;
    std::vector<std::string> alpn = {"http/1.1"};
  };
  // Checks that the key is the leaf's. One session ticket a handshake; none where clients must prove themselves, as a
  // resumed session proves nothing anew.
  static Result<std::shared_ptr<const ServerContext>> create(const Identity& identity, Options options);

  Time not_after() const { return not_after_; }  // the leaf's
  ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct State;
  ServerContext() = default;
  std::shared_ptr<State> state_;  // outlives the native context, which points to it
  std::shared_ptr<ssl_ctx_st> context_;
  Time not_after_;
};

// Web PKI (RFC 6125): the name or address must be among the leaf's SANs; the subject's common name does not count
// (FC-5).
struct WebTrust {
  std::string host;                                               // a DNS name or an IP address
  std::shared_ptr<const std::vector<crypto::Certificate>> roots;  // null: the system's
  RootStorePtr system_roots = {};  // as SystemRoots holds them; null: read once more for this context alone
  // Besides: judges the chain that OpenSSL found good, from the leaf to the root. Null: nothing more is asked.
  VerifyChain also = {};
};

class ClientContext {
 public:
  struct Options {
    std::variant<WebTrust, VerifyChain> trust;
    std::optional<Identity> identity;  // presented when the server asks (mutual TLS)
    std::string server_name;           // SNI; "" or an address: none is sent
    std::vector<std::string> alpn = {"http/1.1"};
  };
  // The latest session is remembered per context and resumed by a later connection made from it. As a resumed session
  // proves nothing anew, a change of trust must be a new context; a session is not resumed past its certificate's end.
  static Result<std::shared_ptr<const ClientContext>> create(Options options);

  ssl_ctx_st* native() const { return context_.get(); }

 private:
  ClientContext() = default;
  struct State;
  std::shared_ptr<State> state_;  // outlives the native context, which points to it
  std::shared_ptr<ssl_ctx_st> context_;
  friend class Stream;
};

}  // namespace entente::tls
