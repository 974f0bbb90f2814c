// The doctor's findings, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/print.hpp"
#include "syncer/doctor/finding.hpp"

namespace entente::cli {

// One trust domain's findings; "" is this host.
struct FindingGroup {
  std::string trust_domain;
  std::vector<syncer::doctor::Finding> findings;
};

// A paragraph a group, in the order of the groups. `everything`: also what is in order.
std::string findings_text(const std::vector<FindingGroup>& groups, bool everything, const Paint& paint);

// {"problems", "warnings", "findings": [{"trust_domain", "check", "severity", "what", "what_to_do"}]}, all of them.
Json findings_json(const std::vector<FindingGroup>& groups);

}  // namespace entente::cli
