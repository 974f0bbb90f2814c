// One trust domain of the story: issuer, store, syncer and registry, as `entente run` has them, and its workloads'
// view.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/task.hpp"
#include "common/issuer/issuer.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/metrics.hpp"
#include "server/svid/succession.hpp"
#include "syncer/peer/operator.hpp"
#include "syncer/registry/relationships.hpp"
#include "syncer/source/issuer_source.hpp"
#include "tests/integration/story/world.hpp"

namespace entente::test {

class StoryDomain {
 public:
  StoryDomain(World& world, std::string_view name);
  ~StoryDomain();
  StoryDomain(const StoryDomain&) = delete;
  StoryDomain& operator=(const StoryDomain&) = delete;

  // As the process begins and ends; what is on disk stays.
  void start();
  void stop();
  // Another data_dir: the keys are lost, and new ones are made.
  void lose_keys();

  const spiffe::TrustDomain& name() const { return name_; }
  // Nothing of it is under way at this moment.
  bool quiet() const;

  // What it publishes, and the X509-SVID of this path that an endpoint run with its identities shows.
  std::string document() const;
  spiffe::X509SvidPtr endpoint_svid(const std::string& path);
  spiffe::BundlePtr bundle() const;

  void rotate_now();
  // From now on it publishes no key at all, whatever its issuer has.
  void revoke_everything() { revoked_ = true; }

  void federate(trust::Relationship relationship);
  void change(trust::Relationship relationship);
  void end(const StoryDomain& peer);
  void approve(const StoryDomain& peer);
  void give(const StoryDomain& peer);
  void accept_next(const StoryDomain& peer);

  trust::RelationshipStatus status(const StoryDomain& peer) const;
  std::string state(const StoryDomain& peer) const;
  trust::RecordPtr held(const StoryDomain& peer) const;
  std::vector<std::string> history(const StoryDomain& peer);

  // Whether a workload here, with the bundles that its Workload API answers now, authenticates a workload of `peer`
  // that was given its identities now: by X509-SVID, by JWT-SVID.
  bool accepts_x509(const StoryDomain& peer) const;
  bool accepts_jwt(const StoryDomain& peer) const;

 private:
  struct Running;
  spiffe::SpiffeId id(const std::string& path) const;

  World& world_;
  spiffe::TrustDomain name_;
  std::string data_dir_;
  int generations_of_keys_ = 1;
  bool revoked_ = false;
  server::Succession succession_;
  std::map<std::string, spiffe::X509SvidPtr> shown_;
  std::unique_ptr<Running> running_;
};

}  // namespace entente::test
