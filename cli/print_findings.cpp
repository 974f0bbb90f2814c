#include "cli/print_findings.hpp"

#include <algorithm>

namespace entente::cli {
namespace {

using syncer::doctor::Finding;
using syncer::doctor::Severity;

std::size_t count(const std::vector<Finding>& findings, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [severity](const Finding& finding) { return finding.severity == severity; }));
}

std::string counted(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string verdict(const FindingGroup& group) {
  const std::size_t problems = count(group.findings, Severity::problem);
  const std::size_t warnings = count(group.findings, Severity::warning);
  const std::size_t notes = count(group.findings, Severity::note);
  if (problems + warnings == 0) {
    std::string text = counted(group.findings.size() - notes, "check") + ", nothing found";
    if (notes > 0) text.append("; ").append(std::to_string(notes)).append(" not made");
    return text;
  }
  std::string text;
  if (problems > 0) text = counted(problems, "problem");
  if (warnings > 0) text += (text.empty() ? "" : ", ") + counted(warnings, "warning");
  return text;
}

Tone tone_of(Severity severity) {
  if (severity == Severity::problem) return Tone::bad;
  if (severity == Severity::note) return Tone::plain;
  return severity == Severity::warning ? Tone::warning : Tone::good;
}

std::string line_of(const Finding& finding, const Paint& paint) {
  std::string mark(to_string(finding.severity));
  const std::string padding(8 - mark.size(), ' ');
  std::string text = "  " + paint(mark, tone_of(finding.severity)) + padding + printable(finding.check) + ": " +
                     printable(finding.what) + "\n";
  if (!finding.what_to_do.empty()) text += "          to do: " + printable(finding.what_to_do) + "\n";
  return text;
}

}  // namespace

std::string findings_text(const std::vector<FindingGroup>& groups, bool everything, const Paint& paint) {
  std::string text;
  for (const FindingGroup& group : groups) {
    text += (group.trust_domain.empty() ? "this host" : printable(group.trust_domain)) + ": " + verdict(group) + "\n";
    for (const Finding& finding : group.findings)
      if (everything || finding.severity != Severity::ok) text += line_of(finding, paint);
  }
  return text;
}

Json findings_json(const std::vector<FindingGroup>& groups) {
  std::size_t problems = 0, warnings = 0;
  Json list = Json::array();
  for (const FindingGroup& group : groups) {
    problems += count(group.findings, Severity::problem);
    warnings += count(group.findings, Severity::warning);
    for (const Finding& finding : group.findings)
      list.push_back({{"trust_domain", group.trust_domain.empty() ? Json() : Json(group.trust_domain)},
                      {"check", finding.check},
                      {"severity", to_string(finding.severity)},
                      {"what", finding.what},
                      {"what_to_do", finding.what_to_do.empty() ? Json() : Json(finding.what_to_do)}});
  }
  return {{"problems", problems}, {"warnings", warnings}, {"findings", std::move(list)}};
}

}  // namespace entente::cli
