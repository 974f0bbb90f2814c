#include "syncer/doctor/finding.hpp"

#include <algorithm>

namespace entente::syncer::doctor {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::problem:
      return "problem";
  }
  return "problem";
}

void Findings::ok(std::string check, std::string what) {
  found_.push_back({std::move(check), Severity::ok, trust_domain_, std::move(what), ""});
}

void Findings::note(std::string check, std::string what, std::string what_to_do) {
  found_.push_back({std::move(check), Severity::note, trust_domain_, std::move(what), std::move(what_to_do)});
}

void Findings::warning(std::string check, std::string what, std::string what_to_do) {
  found_.push_back({std::move(check), Severity::warning, trust_domain_, std::move(what), std::move(what_to_do)});
}

void Findings::problem(std::string check, std::string what, std::string what_to_do) {
  found_.push_back({std::move(check), Severity::problem, trust_domain_, std::move(what), std::move(what_to_do)});
}

std::vector<Finding> worst_first(std::vector<Finding> findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return findings;
}

bool any_to_act_on(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity >= Severity::warning; });
}

}  // namespace entente::syncer::doctor
