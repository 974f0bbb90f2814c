#include "syncer/peer/operator.hpp"

#include "common/trust/on_record.hpp"
#include "common/trust/sequence_text.hpp"
#include "syncer/peer/apply.hpp"
#include "syncer/peer/federation_metrics.hpp"

namespace entente::syncer {
namespace {

constexpr const char* admin_source = "admin API";

Error ours(const spiffe::TrustDomain& own) {
  return Error(Errc::invalid_argument, "trust_domain: " + own.name() +
                                           " is our own trust domain; its bundle comes from `local`, and nobody else "
                                           "decides about it");
}

Error nothing_in_use(const spiffe::TrustDomain& trust_domain) {
  return Error(Errc::not_found, "no bundle of " + trust_domain.name() + " is in use");
}

bool was_in_use(trust::HistoryAction action) {
  using trust::HistoryAction;
  return action == HistoryAction::accepted || action == HistoryAction::bootstrap || action == HistoryAction::given ||
         action == HistoryAction::approved || action == HistoryAction::rolled_back;
}

// What to do about a record, or why nothing can be done.
using Judge = std::function<Result<Step>(const trust::RecordPtr& held)>;

}  // namespace

// One compare-and-set of an operator's, its log line and its count.
struct Operator::Change {
  spiffe::TrustDomain trust_domain;
  Judge judge;
  const char* event;  // "bundle_approved"
  const char* words;  // "bundle approved"
};

asio::awaitable<Status> Operator::carry_out(Change change) {
  if (change.trust_domain == ledger_.current()->own) co_return ours(change.trust_domain);
  Status judged = ok();
  std::optional<trust::HistoryEntry> recorded;
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    Result<Step> step = change.judge(held);
    judged = step ? ok() : Status(step.error());
    recorded = step ? step->event : std::nullopt;
    if (!step || !step->event) return std::nullopt;
    return std::move(*step);
  };
  const auto applied = co_await apply(ledger_, clock_, change.trust_domain, std::move(decide));
  if (!applied) co_return applied.error();
  if (!judged) co_return judged.error();
  if (*applied && recorded) report(change, *recorded);
  co_return ok();
}

void Operator::report(const Change& change, const trust::HistoryEntry& entry) const {
  log_.info(change.words, {{"event", change.event},
                           {"td", entry.trust_domain.name()},
                           {"seq", trust::sequence_text(entry.sequence)},
                           {"digest", entry.digest},
                           {"url", entry.from.source},
                           {"by", entry.by ? trust::describe(*entry.by) : "nobody"},
                           {"reason", entry.reason}});
  if (metrics_) count_change(*metrics_, entry.action);
}

asio::awaitable<Status> Operator::approve(spiffe::TrustDomain trust_domain, std::string digest, trust::Actor by) {
  Judge judge = [&](const trust::RecordPtr& held) -> Result<Step> {
    const Time now = clock_.now();
    Result<trust::Accept> accepted = trust::decide_approve(now, held.get(), digest);
    if (!accepted) return accepted.error();
    trust::Circumstances around{now, held->held->from, by};
    auto event = trust::on_record(held.get(), *accepted, trust::HistoryAction::approved, std::move(around));
    return Step{std::move(accepted->next), std::move(event)};
  };
  Change change{std::move(trust_domain), std::move(judge), "bundle_approved", "bundle approved"};
  co_return co_await carry_out(std::move(change));
}

asio::awaitable<Status> Operator::reject(spiffe::TrustDomain trust_domain, std::string digest, trust::Actor by) {
  Judge judge = [&](const trust::RecordPtr& held) -> Result<Step> {
    Result<trust::BundleRecord> next = trust::decide_reject(held.get(), digest);
    if (!next) return next.error();
    trust::Circumstances around{clock_.now(), {}, by};
    return Step{std::move(*next), trust::rejection_on_record(*held, std::move(around))};
  };
  Change change{std::move(trust_domain), std::move(judge), "bundle_rejected", "bundle rejected"};
  co_return co_await carry_out(std::move(change));
}

asio::awaitable<Result<trust::HistoryEntryPtr>> Operator::recorded(spiffe::TrustDomain trust_domain,
                                                                   std::uint64_t number) {
  const std::string named = "number: entry " + std::to_string(number) + " of the history of " + trust_domain.name();
  store::HistoryQuery query{number, number, 1};
  const auto found = co_await ledger_.history(trust_domain, query);
  if (!found) co_return found.error();
  if (found->empty() || (*found)[0]->number != number)
    co_return Error(Errc::not_found, named + " is not there, or is kept no more");
  const trust::HistoryEntryPtr& entry = (*found)[0];
  if (!entry->bundle && was_in_use(entry->action))
    co_return Error(Errc::invalid_argument, named + " is on record without its bundle, which is too long to be kept");
  if (!was_in_use(entry->action))
    co_return Error(Errc::invalid_argument, named + " is no bundle that was in use: it says " +
                                                std::string(trust::to_string(entry->action)) +
                                                "; name one that was accepted");
  co_return entry;
}

asio::awaitable<Status> Operator::rollback(spiffe::TrustDomain trust_domain, std::uint64_t number, std::string reason,
                                           trust::Actor by) {
  if (trust_domain == ledger_.current()->own) co_return ours(trust_domain);
  const Result<trust::HistoryEntryPtr> entry = co_await recorded(trust_domain, number);
  if (!entry) co_return entry.error();
  const trust::HistoryEntry& restored = **entry;
  Judge judge = [&](const trust::RecordPtr& held) -> Result<Step> {
    if (!held) return nothing_in_use(trust_domain);
    const Time now = clock_.now();
    Result<trust::Accept> accepted = trust::decide_rollback(now, *held, restored.bundle, number);
    if (!accepted) return accepted.error();
    trust::Circumstances around{now, restored.from, by, reason};
    auto event = trust::on_record(held.get(), *accepted, trust::HistoryAction::rolled_back, std::move(around));
    return Step{std::move(accepted->next), std::move(event)};
  };
  Change change{trust_domain, std::move(judge), "bundle_rolled_back", "bundle rolled back"};
  co_return co_await carry_out(std::move(change));
}

asio::awaitable<Status> Operator::give(spiffe::BundlePtr bundle, trust::Actor by) {
  const trust::Provenance from{admin_source, "", ""};
  Judge judge = [&](const trust::RecordPtr& held) -> Result<Step> {
    const Time now = clock_.now();
    const trust::Decision decision = trust::decide_given(now, held.get(), bundle, from);
    if (const auto* refused = std::get_if<trust::Refuse>(&decision)) return refused->reason;
    const auto* accepted = std::get_if<trust::Accept>(&decision);
    if (accepted == nullptr) return Step{};
    trust::Circumstances around{now, from, by};
    return Step{accepted->next,
                trust::on_record(held.get(), *accepted, trust::HistoryAction::given, std::move(around))};
  };
  Change change{bundle->trust_domain, std::move(judge), "bundle_given", "bundle given by an operator"};
  co_return co_await carry_out(std::move(change));
}

asio::awaitable<Result<trust::Decision>> Operator::import(spiffe::BundlePtr bundle, trust::Provenance from,
                                                          trust::Rules rules, trust::Actor by) {
  const spiffe::TrustDomain trust_domain = bundle->trust_domain;
  if (trust_domain == ledger_.current()->own) co_return ours(trust_domain);
  const trust::Candidate candidate{bundle, from, trust::Origin::imported};
  std::optional<trust::Decision> decision;
  std::optional<trust::HistoryEntry> event;
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    const Time now = clock_.now();
    decision = trust::decide_fetched(now, held.get(), candidate, rules);
    trust::Circumstances around{now, from, by};
    event = trust::on_record(held.get(), *decision, bundle, trust::HistoryAction::accepted, std::move(around));
    if (const auto* accepted = std::get_if<trust::Accept>(&*decision)) return Step{accepted->next, event};
    if (const auto* hold = std::get_if<trust::Hold>(&*decision)) return Step{hold->next, event};
    return std::nullopt;
  };
  const auto applied = co_await apply(ledger_, clock_, trust_domain, std::move(decide));
  if (!applied) co_return applied.error();
  if (event) report_import(*event);
  if (event && std::holds_alternative<trust::Refuse>(*decision)) ledger_.note(std::move(*event));
  co_return std::move(*decision);
}

void Operator::report_import(const trust::HistoryEntry& entry) const {
  const std::string action(trust::to_string(entry.action));
  const std::string event = "bundle_" + action;
  const bool accepted = entry.action == trust::HistoryAction::accepted;
  const Log::Fields fields = {{"event", event},
                              {"td", entry.trust_domain.name()},
                              {"seq", trust::sequence_text(entry.sequence)},
                              {"digest", entry.digest},
                              {"url", entry.from.source},
                              {"by", entry.by ? trust::describe(*entry.by) : "nobody"},
                              {"reason", entry.reason}};
  if (accepted)
    log_.info("imported bundle accepted", fields);
  else
    log_.warning("imported bundle " + action, fields);
  if (metrics_) count_change(*metrics_, entry.action);
}

asio::awaitable<Status> Operator::withdraw(spiffe::TrustDomain trust_domain, bool goes_on, std::string reason,
                                           trust::Actor by) {
  Judge judge = [&](const trust::RecordPtr& held) -> Result<Step> {
    if (!held || !held->in_use()) return nothing_in_use(trust_domain);
    trust::Circumstances around{clock_.now(), {}, by, reason};
    std::optional<trust::BundleRecord> next;
    if (goes_on) next = trust::withdrawn_for_now(clock_.now(), *held);
    return Step{std::move(next), trust::withdrawal_on_record(*held, std::move(around))};
  };
  Change change{trust_domain, std::move(judge), "bundle_withdrawn", "bundle withdrawn"};
  co_return co_await carry_out(std::move(change));
}

}  // namespace entente::syncer
