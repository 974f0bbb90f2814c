// Fetching a peer's bundle document: a true edge, implemented by HttpsFetcher and by the tests' fakes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/trust/endpoint_url.hpp"
#include "common/trust/relationship.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

struct WebAnchors {
  std::shared_ptr<const std::vector<crypto::Certificate>> roots;  // null: the system's
  std::vector<trust::KeyPin> pins = {};  // besides: a certificate of the verified chain has one of them; empty: none
};
// The endpoint must hold a valid X509-SVID of exactly `id`, judged at handshake time by `bundle`, the newest of the
// ID's own trust domain (FC-6, 8, 9).
struct SpiffeAnchors {
  spiffe::SpiffeId id;
  spiffe::BundlePtr bundle;
};
using Anchors = std::variant<WebAnchors, SpiffeAnchors>;

struct FetchRequest {
  trust::EndpointUrl url;
  Anchors anchors;
  std::string etag;        // of what is held; "": unconditional
  Duration timeout;        // for everything together
  std::size_t body_limit;  // bytes
  // Whether a public address may redirect to a private one (loopback, link-local, RFC 1918, RFC 4193, RFC 6598;
  // is_private() of network.hpp). Judged by the addresses connected to. A proxy does not tell them: an endpoint behind
  // one counts as public, and as a target it is judged only where its host is an address itself.
  bool allow_private_redirects = false;
};

struct FetchedDocument {
  std::string body;  // the 200 answer's, after any content coding; at most body_limit bytes
  std::string etag;  // "" when there was none
};
struct NotModified {};

struct FetchAnswer {
  std::variant<FetchedDocument, NotModified> content;
  std::string address;  // "127.0.0.1:8443", the one that answered; "b.example:8443 via 127.0.0.1:3128" by a proxy
  std::string url;      // after redirects
  std::string certificate = {};  // SHA-256 of the certificate it proved itself with, in hex
};

// One fetcher serves one endpoint URL of a relationship and may keep its connection and TLS session between calls; both
// are dropped when the URL or the anchors change, so that no old trust lives on in them. One fetch() at a time. Lives
// on one io_context's thread.
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // Errors carry the codes that the README lists: dns, connect, tls, wrong_spiffe_id, http_status, redirect, timeout,
  // too_large, syntax. Errc::cancelled when the coroutine is cancelled.
  virtual asio::awaitable<Result<FetchAnswer>> fetch(FetchRequest request) = 0;
};

}  // namespace entente::syncer
