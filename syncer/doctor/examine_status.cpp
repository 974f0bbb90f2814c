#include <algorithm>

#include "syncer/doctor/examine.hpp"
#include "syncer/doctor/layers.hpp"

namespace entente::syncer::doctor {
namespace {

using namespace std::chrono_literals;

constexpr Duration lately = 24h;
constexpr int late_share = 6;  // see layers.cpp

std::string reason_of(const RelationshipFacts& facts) {
  if (!facts.last_error) return "";
  const auto& [code, message] = *facts.last_error;
  return "; the last attempt: " + (message.starts_with(code + ":") ? message : code + ": " + message);
}

std::string since_success(Time now, const RelationshipFacts& facts) {
  if (!facts.last_success) return "no successful poll since this process began";
  return "the last successful poll was " + describe_duration(std::max<Duration>(now - *facts.last_success, 0s)) +
         " ago";
}

void examine_state(Time now, const RelationshipFacts& facts, Findings& findings) {
  const std::string name = facts.trust_domain.name(), state = facts.state;
  const std::string look = "the checks of its endpoint below say why";
  if (state == "pending" && !facts.last_error)
    findings.warning("state", "pending: nothing has been fetched from its endpoint yet",
                     "wait for the first poll, or: entente federation refresh " + name);
  else if (state == "pending")
    findings.problem("state", "pending: no fetch has ever succeeded" + reason_of(facts), look);
  else if (state == "revoked")
    findings.problem("state", "revoked: the bundle in use has no keys, every SVID of " + name + " is refused",
                     "ask the peer's operator; where it was a mistake they publish again, or: entente federation "
                     "rollback " +
                         name + " --to N --reason ...");
  else if (state == "expired")
    findings.problem("state", "expired: no authority in use is valid any more" + reason_of(facts), look);
  else if (state == "stale")
    findings.problem("state", "stale: " + since_success(now, facts) + reason_of(facts), look);
  else if (state == "failing")
    findings.problem("state",
                     "failing: " + since_success(now, facts) + ", " + std::to_string(facts.consecutive_failures) +
                         " failure(s) since" + reason_of(facts),
                     look);
  else if (!state.empty() && state != "held")  // that is said by what waits
    findings.ok("state", state + "; " + since_success(now, facts));
}

void examine_held(Time now, const RelationshipFacts& facts, Findings& findings) {
  if (!facts.held) return;
  const std::string name = facts.trust_domain.name();
  const std::string since = facts.held->since ? " since " + format_time(*facts.held->since) + " (" +
                                                    describe_duration(now - *facts.held->since) + ")"
                                              : "";
  findings.warning("held", "a change of the bundle waits for approval" + since + ": " + facts.held->why,
                   "review it: entente federation diff " + name + "; then: entente federation approve " + name +
                       " --digest " + facts.held->digest + ", or reject");
}

void examine_warnings(const RelationshipFacts& facts, Findings& findings) {
  for (const std::string& warning : facts.warnings) {
    if (warning == "rolled_back" && !facts.events.empty()) continue;  // the history tells more of it
    if (warning == "not_persisted")
      findings.problem(warning, "the bundle in use is not in the store: a restart would lose it",
                       "look for what the store says in the log: a full or read-only disk, as a rule");
    else if (warning == "sequence_reused")
      findings.warning(warning, "the peer changed its bundle under the same sequence",
                       "tell the peer's operator: strict consumers refuse that");
    else if (warning == "sequence_missing")
      findings.warning(warning, "the peer stopped sending a sequence", "tell the peer's operator");
    else
      findings.warning(warning, "the status has the warning " + warning, "see: entente federation show");
  }
}

bool puts_in_use(const std::string& action) {
  return action == "accepted" || action == "bootstrap" || action == "given" || action == "approved" ||
         action == "rolled_back";
}

void examine_events(Time now, const RelationshipFacts& facts, Findings& findings) {
  const std::string name = facts.trust_domain.name();
  const auto in_use = std::find_if(facts.events.rbegin(), facts.events.rend(),
                                   [](const Event& event) { return puts_in_use(event.action); });
  if (in_use != facts.events.rend() && in_use->action == "rolled_back")
    findings.warning("rolled_back",
                     "an earlier bundle is in use since " + format_time(in_use->at) +
                         ", by an operator's roll-back: " + in_use->reason,
                     "a higher sequence of the peer's ends it; else, when all is well: entente federation accept " +
                         name + " --reason ...");
  std::size_t refused = 0;
  const Event* last = nullptr;
  for (const Event& event : facts.events) {
    if (event.action != "refused" || now - event.at > lately) continue;
    ++refused;
    last = &event;
  }
  if (last == nullptr) return;
  // What came into use after it has mended it.
  if (in_use != facts.events.rend() && in_use->at > last->at) {
    findings.ok("refused_lately", std::to_string(refused) + " bundle(s) refused in 24 h, the last at " +
                                      format_time(last->at) + "; a good one came since");
    return;
  }
  findings.warning("refused_lately",
                   std::to_string(refused) + " bundle(s) refused in 24 h, the last at " + format_time(last->at) + ": " +
                       last->reason,
                   "entente federation history " + name + " tells of each");
}

// What no later authority stands ready for: the peer, or our polling of it, is late with a rotation.
void examine_expiry(Time now, const RelationshipFacts& facts, Findings& findings) {
  if (!facts.bundle || facts.bundle->x509_authorities.empty()) return;
  const auto& authorities = facts.bundle->x509_authorities;
  const auto last = std::max_element(authorities.begin(), authorities.end(),
                                     [](const auto& a, const auto& b) { return a.not_after() < b.not_after(); });
  const Duration left = last->not_after() - now;
  const std::string end = format_time(last->not_after());
  if (left <= 0s)
    findings.problem("expiry", "the last X.509 authority in use ended at " + end,
                     "see below whether the endpoint serves a newer one; else have the peer's operator rotate");
  else if (left < (last->not_after() - last->not_before()) / late_share)
    findings.warning("expiry",
                     "the last X.509 authority in use ends in " + describe_duration(left) + ", at " + end +
                         ", and there is no later one yet",
                     "ask the peer's operator when they rotate; every SVID of theirs is refused from then on");
  else
    findings.ok("expiry", "X.509 authorities in use last until " + end);
}

void examine_hint(const RelationshipFacts& facts, const OurSide& our_side, Findings& findings) {
  if (!facts.bundle || !our_side.polling_known) return;
  const trust::PollingPolicy& polling = our_side.polling;
  const auto& hint = facts.bundle->refresh_hint;
  if (!hint) {
    findings.ok("refresh_hint", "the peer gives no refresh hint: polled every " + describe_duration(polling.no_hint));
  } else if (*hint < polling.floor) {
    findings.warning("refresh_hint",
                     "the peer asks to be polled every " + describe_duration(*hint) + ", polling.floor makes it " +
                         describe_duration(polling.floor) + ": a fast rotation may be missed",
                     "lower polling.floor, or have the peer publish new authorities for longer before it uses them");
  } else if (*hint > polling.ceiling) {
    findings.ok("refresh_hint", "the peer's hint of " + describe_duration(*hint) + " is cut to " +
                                    describe_duration(polling.ceiling) + " by polling.ceiling");
  } else {
    findings.ok("refresh_hint", "polled every " + describe_duration(*hint) + ", as the peer asks");
  }
}

}  // namespace

void examine_status(Time now, const RelationshipFacts& facts, const OurSide& our_side, Findings& findings) {
  examine_state(now, facts, findings);
  examine_held(now, facts, findings);
  examine_warnings(facts, findings);
  examine_events(now, facts, findings);
  examine_expiry(now, facts, findings);
  examine_hint(facts, our_side, findings);
}

}  // namespace entente::syncer::doctor
