#include "syncer/source/own_bundle.hpp"

#include "common/trust/on_record.hpp"

namespace entente::syncer {
namespace {

constexpr Duration conflict_wait = std::chrono::milliseconds(100);

}  // namespace

void OwnBundle::count(double changes) const {
  if (metrics_) metrics_->counter("entente_bundle_changes_total", "Changes of our own bundle.").add(changes);
}

asio::awaitable<Status> OwnBundle::offer(spiffe::Bundle authorities, std::string source,
                                         std::optional<trust::Actor> by) {
  for (;;) {
    const trust::RecordPtr current = ledger_.current()->find_any(authorities.trust_domain);
    const Time now = clock_.now();
    const trust::Decision decision = trust::decide_own(now, current.get(), authorities, source);
    if (std::holds_alternative<trust::Unchanged>(decision)) co_return ok();
    if (const auto* refused = std::get_if<trust::Refuse>(&decision)) co_return refused->reason;
    const auto& accepted = std::get<trust::Accept>(decision);
    trust::Circumstances around{now, {source, "", ""}, by};
    auto event = trust::on_record(current.get(), decision, accepted.next.bundle, trust::HistoryAction::accepted,
                                  std::move(around));
    std::optional<trust::BundleRecord> next(accepted.next);
    const Result<store::Applied> applied = co_await ledger_.apply(
        authorities.trust_domain, current ? current->revision : 0, std::move(next), std::move(event));
    if (applied) {
      log_.info("own bundle changed", {{"event", "own_bundle_changed"},
                                       {"td", authorities.trust_domain.name()},
                                       {"seq", applied->record->bundle->sequence.value_or(0)},
                                       {"digest", spiffe::authorities_digest(*applied->record->bundle)},
                                       {"url", source},
                                       {"change", accepted.summary},
                                       {"by", by ? trust::describe(*by) : "nobody"}});
      count(1);
      co_return ok();
    }
    if (applied.error().code() != Errc::conflict) co_return applied.error().within("own bundle");
    // Another change is accepted and not visible yet: it becomes so within two seconds.
    const Status slept = co_await clock_.sleep(conflict_wait);
    if (!slept) co_return slept.error();
  }
}

}  // namespace entente::syncer
