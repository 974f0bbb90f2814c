#include "syncer/doctor/facts.hpp"

namespace entente::syncer::doctor {

std::optional<Anchors> anchors_of(const RelationshipFacts& facts) {
  if (const auto* web = std::get_if<trust::HttpsWeb>(&facts.profile)) return WebAnchors{web->roots, web->pins};
  if (!facts.anchor) return std::nullopt;
  return SpiffeAnchors{std::get<trust::HttpsSpiffe>(facts.profile).endpoint_spiffe_id, facts.anchor};
}

}  // namespace entente::syncer::doctor
