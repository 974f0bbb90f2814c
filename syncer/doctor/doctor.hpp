// The whole examination of relationships: all at the same time within bounds, each within its deadline.
#pragma once

#include <vector>

#include "syncer/doctor/facts.hpp"
#include "syncer/doctor/finding.hpp"
#include "syncer/doctor/probe.hpp"

namespace entente::syncer::doctor {

inline constexpr std::size_t most_at_once = 16;

struct Bounds {
  Duration each = std::chrono::seconds(20);  // one relationship, all its URLs together
  std::size_t body_limit = 8U << 20;         // bytes
};

// The findings of each relationship, in the order of the relationships.
asio::awaitable<std::vector<std::vector<Finding>>> examine_relationships(Instruments instruments,
                                                                         std::vector<RelationshipFacts> relationships,
                                                                         OurSide our_side, Bounds bounds);

// Our own endpoint at `url`.
asio::awaitable<std::vector<Finding>> examine_own(Instruments instruments, OwnEndpointFacts facts,
                                                  trust::EndpointUrl url, Bounds bounds);

}  // namespace entente::syncer::doctor
