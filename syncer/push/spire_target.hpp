// A SPIRE server as a push target: its own agents deliver what is put there to their workloads.
// docs/beside-spire-server.md.
#pragma once

#include <filesystem>

#include "common/spire_api/bundle_client.hpp"
#include "syncer/push/target.hpp"

namespace entente::syncer {

// Reserved are the server's own trust domain, and those that it federates with by itself: two who set the same bundle
// would undo each other's work for ever. A bundle without authorities is set as what it is: the entries that federate
// with the trust domain stay, and SPIRE's agents hand out a bundle that trusts nobody. An end of a relationship that
// the server refuses, as `restrict` does while entries federate, empties the bundle, and is an error until it is done.
class SpireTarget final : public PushTarget {
 public:
  SpireTarget(const std::filesystem::path& socket, spire_api::DeleteMode on_end);

  std::string fingerprint(const spiffe::Bundle& bundle) const override;
  asio::awaitable<Result<Holdings>> look(std::set<spiffe::TrustDomain> trust_domains) override;
  asio::awaitable<Result<std::vector<Status>>> set(std::vector<spiffe::BundlePtr> bundles) override;
  asio::awaitable<Result<std::vector<Status>>> remove(std::vector<spiffe::TrustDomain> trust_domains) override;

 private:
  asio::awaitable<Status> empty(std::vector<spiffe::TrustDomain> trust_domains);

  spire_api::BundleClient client_;
  spire_api::DeleteMode on_end_;
};

}  // namespace entente::syncer
