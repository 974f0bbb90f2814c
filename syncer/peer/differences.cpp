#include "syncer/peer/differences.hpp"

#include "syncer/peer/outcome.hpp"

namespace entente::syncer {

void compare(const LoopPtr& running, const trust::RelationshipPtr& wanted, Differences& found) {
  if (!running)
    found.fresh.push_back(wanted);
  else if (same_relationship(running->relationship(), *wanted))
    found.kept.push_back({running, wanted});
  else
    found.changed.push_back({running, wanted});
}

Differences compare(const Loops& running, const Wanted& wanted) {
  Differences found;
  for (const auto& [trust_domain, loop] : running)
    if (!wanted.contains(trust_domain)) found.gone.push_back(loop);
  for (const auto& [trust_domain, relationship] : wanted) {
    const auto place = running.find(trust_domain);
    compare(place == running.end() ? nullptr : place->second, relationship, found);
  }
  return found;
}

}  // namespace entente::syncer
