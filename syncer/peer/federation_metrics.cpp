#include "syncer/peer/federation_metrics.hpp"

#include <array>
#include <map>

namespace entente::syncer {
namespace {

using telemetry::Labels;
using trust::RelationshipState;

constexpr std::array states = {RelationshipState::pending, RelationshipState::revoked, RelationshipState::expired,
                               RelationshipState::held,    RelationshipState::stale,   RelationshipState::failing,
                               RelationshipState::current};
constexpr std::array warnings = {"sequence_reused", "sequence_missing", "rolled_back", "not_persisted"};

struct Family {
  const char* name;
  const char* help;
};
constexpr Family state_family{"entente_federation_state", "1 for the state that the relationship is in"};
constexpr Family warning_family{"entente_federation_warning", "1 while the warning stands"};
constexpr Family sequence_family{"entente_federation_sequence", "spiffe_sequence of the bundle held"};
constexpr Family hint_family{"entente_federation_refresh_hint_seconds", "spiffe_refresh_hint of the bundle held"};
constexpr Family x509_family{"entente_federation_x509_authorities", "X.509 authorities held"};
constexpr Family jwt_family{"entente_federation_jwt_authorities", "JWT authorities held"};
constexpr Family expiry_family{"entente_federation_earliest_expiry_timestamp_seconds",
                               "when the first of the X.509 authorities held ends"};
constexpr Family success_family{"entente_federation_last_success_timestamp_seconds", "the last successful poll"};
constexpr Family attempt_family{"entente_federation_last_attempt_timestamp_seconds", "the last poll"};
constexpr Family next_family{"entente_federation_next_attempt_timestamp_seconds", "the next poll"};
constexpr Family change_family{"entente_federation_last_change_timestamp_seconds",
                               "the last change of the bundle held"};
constexpr Family failures_family{"entente_federation_consecutive_failures", "polls that failed since the last success"};
constexpr Family polls_family{"entente_federation_polls_total", "polls by result"};
constexpr Family held_family{"entente_federation_held", "1 while a bundle waits for approval"};
constexpr Family serving_family{"entente_federation_serving_url_index",
                                "which URL served last: 0 is the first of the relationship, any other a fail-over"};
// Of no one trust domain.
constexpr Family changes_family{"entente_federation_changes_total", "decisions about bundles that went on record"};

constexpr std::array families = {state_family,  warning_family,  sequence_family, hint_family,    x509_family,
                                 jwt_family,    expiry_family,   success_family,  attempt_family, next_family,
                                 change_family, failures_family, polls_family,    held_family,    serving_family};
constexpr std::array counted_always = {trust::HistoryAction::accepted,    trust::HistoryAction::bootstrap,
                                       trust::HistoryAction::given,       trust::HistoryAction::approved,
                                       trust::HistoryAction::rolled_back, trust::HistoryAction::held,
                                       trust::HistoryAction::rejected,    trust::HistoryAction::refused,
                                       trust::HistoryAction::withdrawn,   trust::HistoryAction::accept_next};

telemetry::Counter& changes(telemetry::Metrics& metrics, trust::HistoryAction action) {
  return metrics.counter(changes_family.name, changes_family.help, {{"action", std::string(trust::to_string(action))}});
}

double timestamp(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }
std::optional<double> timestamp(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return timestamp(*time);
}

// What is not known is absent: a zero would be read as a date in 1970.
void put(telemetry::Metrics& metrics, const Family& family, const Labels& labels, std::optional<double> value) {
  if (value)
    metrics.gauge(family.name, family.help, labels).set(*value);
  else
    metrics.remove(family.name, labels);
}

std::optional<double> serving_index(const trust::RelationshipStatus& status) {
  const std::vector<trust::EndpointUrl>& urls = status.relationship->endpoint_urls;
  for (std::size_t i = 0; i < urls.size(); ++i)
    if (status.attempts.served_by == urls[i].str()) return static_cast<double>(i);
  return std::nullopt;
}

void expose(telemetry::Metrics& metrics, const trust::RelationshipStatus& status) {
  const Labels labels = {{"trust_domain", status.relationship->trust_domain.name()}};
  for (const RelationshipState state : states) {
    Labels of_state = labels;
    of_state["state"] = trust::to_string(state);
    put(metrics, state_family, of_state, state == status.state ? 1 : 0);
  }
  for (const char* warning : warnings) {
    Labels of_warning = labels;
    of_warning["warning"] = warning;
    bool stands = false;
    for (const std::string& current : status.warnings) stands = stands || current == warning;
    put(metrics, warning_family, of_warning, stands ? 1 : 0);
  }
  std::optional<double> sequence, hint;
  if (status.sequence) sequence = static_cast<double>(*status.sequence);
  if (status.refresh_hint) hint = static_cast<double>(status.refresh_hint->count());
  put(metrics, sequence_family, labels, sequence);
  put(metrics, hint_family, labels, hint);
  put(metrics, x509_family, labels, static_cast<double>(status.x509_authorities));
  put(metrics, jwt_family, labels, static_cast<double>(status.jwt_authorities));
  put(metrics, expiry_family, labels, timestamp(status.earliest_expiry));
  put(metrics, success_family, labels, timestamp(status.attempts.last_success));
  put(metrics, attempt_family, labels, timestamp(status.attempts.last_attempt));
  put(metrics, next_family, labels, timestamp(status.attempts.next_attempt));
  put(metrics, change_family, labels, timestamp(status.last_change));
  put(metrics, held_family, labels, status.held ? 1 : 0);
  put(metrics, serving_family, labels, serving_index(status));
  put(metrics, failures_family, labels, status.attempts.consecutive_failures);
}

}  // namespace

struct FederationMetrics::Board {
  telemetry::Metrics* metrics = nullptr;
  const store::Ledger* ledger = nullptr;  // null once closed
  const Clock* clock = nullptr;
  std::map<spiffe::TrustDomain, Polled> polled;

  void refresh() {
    if (ledger == nullptr) return;
    const trust::SnapshotPtr snapshot = ledger->current();
    const Time now = clock->now();
    for (const auto& [trust_domain, peer] : polled) {
      const trust::RecordPtr record = snapshot->find_any(trust_domain);
      // No metric tells the policy.
      expose(*metrics,
             trust::status_of(peer.relationship, record.get(), peer.attempts, peer.policy, trust::ChangePolicy::accept,
                              peer.started, now, ledger->persisted(trust_domain)));
    }
  }
};

FederationMetrics::FederationMetrics(telemetry::Metrics& metrics, const store::Ledger& ledger, const Clock& clock)
    : board_(std::make_shared<Board>()) {
  board_->metrics = &metrics;
  board_->ledger = &ledger;
  board_->clock = &clock;
  for (const trust::HistoryAction action : counted_always) changes(metrics, action).add(0);
  metrics.on_collect([weak = std::weak_ptr<Board>(board_)] {
    if (const auto board = weak.lock()) board->refresh();
  });
}

FederationMetrics::~FederationMetrics() { board_->ledger = nullptr; }

void FederationMetrics::tell(Polled polled) {
  const spiffe::TrustDomain trust_domain = polled.relationship->trust_domain;
  board_->polled.insert_or_assign(trust_domain, std::move(polled));
}

void FederationMetrics::count_poll(const spiffe::TrustDomain& trust_domain, std::string_view result) {
  if (!board_->polled.contains(trust_domain)) return;
  const Labels labels = {{"trust_domain", trust_domain.name()}, {"result", std::string(result)}};
  board_->metrics->counter(polls_family.name, polls_family.help, labels).add();
}

void FederationMetrics::end(const spiffe::TrustDomain& trust_domain) {
  board_->polled.erase(trust_domain);
  for (const Family& family : families) board_->metrics->remove(family.name, {{"trust_domain", trust_domain.name()}});
}

void count_change(telemetry::Metrics& metrics, trust::HistoryAction action) { changes(metrics, action).add(); }

}  // namespace entente::syncer
