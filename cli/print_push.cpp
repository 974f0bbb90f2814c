#include "cli/print_push.hpp"

namespace entente::cli {
namespace {

Tone tone_of(const PushTargetView& target) {
  if (target.state == "current") return Tone::good;
  return target.state == "failing" ? Tone::bad : Tone::warning;
}

Json error_json(const ErrorView& error) { return {{"code", error.code}, {"message", error.message}}; }

Json problems_json(const std::vector<PushProblemView>& problems) {
  Json list = Json::array();
  for (const PushProblemView& problem : problems)
    list.push_back({{"trust_domain", problem.trust_domain}, {"error", error_json(problem.error)}});
  return list;
}

}  // namespace

Json to_json(const PushTargetView& target) {
  return {{"target", target.target},
          {"state", target.state},
          {"trust_domains", target.trust_domains},
          {"pending", target.pending},
          {"last_success", json_time(target.last_success)},
          {"last_attempt", json_time(target.last_attempt)},
          {"next_attempt", json_time(target.next_attempt)},
          {"consecutive_failures", target.consecutive_failures},
          {"last_error", target.last_error ? error_json(*target.last_error) : Json(nullptr)},
          {"problems", problems_json(target.problems)},
          {"not_ours", problems_json(target.not_ours)}};
}

std::string push_targets_text(const std::vector<PushTargetView>& targets, Time now, const Paint& paint,
                              std::size_t width) {
  Rows rows{{"TARGET", "STATE", "TRUST DOMAINS", "PENDING", "LAST SUCCESS", "NEXT ATTEMPT", "REASON"}};
  std::string details;
  for (const PushTargetView& target : targets) {
    rows.push_back({printable(target.target), paint(printable(target.state), tone_of(target)),
                    std::to_string(target.trust_domains), std::to_string(target.pending), ago(target.last_success, now),
                    ahead(target.next_attempt, now), target.last_error ? printable(target.last_error->message) : ""});
    for (const PushProblemView& problem : target.problems)
      details += printable(target.target + ": " + problem.trust_domain + ": " + problem.error.message) + "\n";
    for (const PushProblemView& left : target.not_ours)
      details += printable(target.target + ": " + left.trust_domain + ": left alone: " + left.error.message) + "\n";
  }
  return table(rows, width) + (details.empty() ? "" : "\n" + details);
}

}  // namespace entente::cli
