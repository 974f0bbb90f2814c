// A SPIRE server's bundle API (spire.api.server.bundle.v1), and what of its trust domain API concerns bundles, asked
// over its admin socket without blocking.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"

namespace entente::spire_api {

namespace asio = boost::asio;

// What becomes of the registration entries that federate with a trust domain whose bundle is deleted.
enum class DeleteMode {
  restrict_,   // the bundle is not deleted while there are any
  dissociate,  // they stay, and federate with it no more
  delete_,     // they are deleted, too
};

// Connects when it is first asked, and again when the server comes back. Calls resume on their caller's executor; each
// ends after `timeout` at the latest, or with Errc::cancelled. Outlives its calls. Errors name the socket:
// Errc::unavailable where nothing answers, timeout, schema (the answer is not what it should be), or what the server
// said.
class BundleClient {
 public:
  explicit BundleClient(const std::filesystem::path& socket, Duration timeout = std::chrono::seconds(10));
  ~BundleClient();

  // GetBundle: the server's own trust domain's, with its sequence and hint (null where it says none).
  asio::awaitable<Result<spiffe::Bundle>> own_bundle();
  // The same without the bundle.
  asio::awaitable<Result<spiffe::TrustDomain>> own_trust_domain();

  // ListFederatedBundles, all pages: fingerprint() of each.
  asio::awaitable<Result<std::map<spiffe::TrustDomain, std::string>>> federated_bundles();
  // ListFederationRelationships, all pages: the trust domains whose bundles the server fetches by itself.
  asio::awaitable<Result<std::set<spiffe::TrustDomain>>> own_relationships();

  // BatchSetFederatedBundle and BatchDeleteFederatedBundle, in as many calls as the size of a message asks for: one
  // Status an item, in order. An error of the whole means that it is not known what became of any.
  asio::awaitable<Result<std::vector<Status>>> set_federated(std::vector<spiffe::BundlePtr> bundles);
  asio::awaitable<Result<std::vector<Status>>> delete_federated(std::vector<spiffe::TrustDomain> trust_domains,
                                                                DeleteMode mode);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::spire_api
