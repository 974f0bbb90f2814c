// What there is to do so that the loops that run become those that are wanted: found by comparing, without doing it.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "syncer/peer/peer_loop.hpp"

namespace entente::syncer {

using LoopPtr = std::shared_ptr<PeerLoop>;
using Loops = std::map<spiffe::TrustDomain, LoopPtr>;
using Wanted = std::map<spiffe::TrustDomain, trust::RelationshipPtr>;

struct Differences {
  struct Changed {
    LoopPtr before;
    trust::RelationshipPtr after;
  };
  std::vector<LoopPtr> gone;
  std::vector<Changed> changed;  // in something that polling depends on
  std::vector<trust::RelationshipPtr> fresh;
  std::vector<Changed> kept;  // they go on
};

// For one relationship; `running` is null where there is no loop.
void compare(const LoopPtr& running, const trust::RelationshipPtr& wanted, Differences& found);
Differences compare(const Loops& running, const Wanted& wanted);

}  // namespace entente::syncer
