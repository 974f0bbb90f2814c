// What a loop tells people: log lines and metrics.
#include "common/trust/sequence_text.hpp"
#include "syncer/peer/outcome.hpp"
#include "syncer/peer/peer_loop.hpp"

namespace entente::syncer {
namespace {

std::string joined(const spiffe::IgnoredKeys& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace

void PeerLoop::report_accepted(const trust::Accept& accepted) const {
  const spiffe::Bundle& bundle = *accepted.next.bundle;
  const std::string sequence = trust::sequence_text(bundle.sequence);
  Log& log = parts_.syncer.log;
  log.info("bundle accepted", {{"event", "bundle_accepted"},
                               {"td", name()},
                               {"seq", sequence},
                               {"digest", spiffe::authorities_digest(bundle)},
                               {"url", accepted.next.source},
                               {"change", accepted.summary}});
  count_change(parts_.syncer.metrics, trust::HistoryAction::accepted);
  if (accepted.next.sequence_reused)
    log.warning("sequence reused by the peer", {{"event", "sequence_reused"}, {"td", name()}, {"seq", sequence}});
  if (accepted.next.sequence_missing)
    log.warning("sequence missing where the peer had one", {{"event", "sequence_missing"}, {"td", name()}});
  if (bundle.empty())
    log.warning("every key of the peer is revoked: its bundle is empty",
                {{"event", "bundle_empty"}, {"td", name()}, {"seq", sequence}});
}

void PeerLoop::report_held(const trust::Hold& hold) const {
  const trust::HeldBundle& held = *hold.next.held;
  parts_.syncer.log.warning("a bundle waits for approval; what was in use stays",
                            {{"event", "bundle_held"},
                             {"td", name()},
                             {"seq", trust::sequence_text(held.bundle->sequence)},
                             {"digest", held.digest},
                             {"url", held.from.source},
                             {"change", hold.summary},
                             {"reason", held.why},
                             {"approve", "entente federation approve " + name() + " --digest " + held.digest}});
  count_change(parts_.syncer.metrics, trust::HistoryAction::held);
}

void PeerLoop::report_refused(const trust::HistoryEntry& event, const Error& reason) const {
  parts_.syncer.log.warning("bundle refused", {{"event", "bundle_refused"},
                                               {"td", name()},
                                               {"seq", trust::sequence_text(event.sequence)},
                                               {"digest", event.digest},
                                               {"url", event.from.source},
                                               {"code", to_string(reason.code())},
                                               {"reason", reason.message()}});
  count_change(parts_.syncer.metrics, trust::HistoryAction::refused);
}

void PeerLoop::report_ignored(const spiffe::IgnoredKeys& ignored) {
  if (ignored == ignored_) return;
  ignored_ = ignored;
  if (ignored.empty()) return;
  parts_.syncer.log.warning("keys of the peer's bundle ignored",
                            {{"event", "keys_ignored"}, {"td", name()}, {"keys", joined(ignored)}});
}

void PeerLoop::report_success() const {
  Log& log = parts_.syncer.log;
  if (attempts_.consecutive_failures > 0)
    log.info("polling recovered", {{"event", "poll_recovered"},
                                   {"td", name()},
                                   {"url", served_by_},
                                   {"failures", attempts_.consecutive_failures}});
  const bool first = served_by_ == endpoints_.front().url.str();
  const std::string before = attempts_.served_by ? *attempts_.served_by : endpoints_.front().url.str();
  if (before == served_by_) return;
  if (first)
    log.info("the first URL serves again", {{"event", "failover_ended"}, {"td", name()}, {"url", served_by_}});
  else
    log.warning("another URL serves in place of those before it",
                {{"event", "failover"}, {"td", name()}, {"url", served_by_}, {"before", before}});
}

void PeerLoop::report_failure(const Error& error) const {
  if (!worth_logging(attempts_, error)) return;
  parts_.syncer.log.warning("poll failed", {{"event", "poll_failed"},
                                            {"td", name()},
                                            {"url", relationship_->endpoint_url().str()},
                                            {"code", to_string(error.code())},
                                            {"error", error.message()},
                                            {"failures", attempts_.consecutive_failures + 1}});
}

void PeerLoop::count(const Result<Outcome>& outcome) const {
  constexpr std::string_view names[] = {"accepted", "held", "unchanged", "not_modified"};
  const std::string_view result =
      outcome ? names[static_cast<std::size_t>(*outcome)] : to_string(outcome.error().code());
  parts_.metrics.count_poll(relationship_->trust_domain, result);
}

void PeerLoop::tell_metrics() const { parts_.metrics.tell({relationship_, attempts_, policy_, started_at_}); }

}  // namespace entente::syncer
