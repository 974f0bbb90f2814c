#include "syncer/peer/relationship_bundle.hpp"

#include "common/trust/on_record.hpp"
#include "common/trust/sequence_text.hpp"
#include "syncer/peer/apply.hpp"
#include "syncer/peer/federation_metrics.hpp"

namespace entente::syncer {
namespace {

constexpr const char* bootstrap_source = "bootstrap bundle";

// The first one is the beginning of the relationship; a later one is the operator's word.
std::string why_taken(const trust::RecordPtr& held) {
  return held && !held->bootstrap_digest.empty() ? "the operator changed the bootstrap bundle" : "";
}

}  // namespace

asio::awaitable<void> withdraw(const SyncerParts& parts, spiffe::TrustDomain trust_domain, Ending ending) {
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    if (!held) return std::nullopt;
    trust::Circumstances around{parts.clock.now(), {}, ending.by, ending.reason};
    return Step{std::nullopt, trust::withdrawal_on_record(*held, std::move(around))};
  };
  const auto applied = co_await apply(parts.ledger, parts.clock, trust_domain, std::move(decide));
  if (!applied) {
    parts.log.error(
        "bundle not withdrawn",
        {{"event", "bundle_not_withdrawn"}, {"td", trust_domain.name()}, {"error", applied.error().message()}});
    co_return;
  }
  if (!*applied) co_return;
  parts.log.info("bundle withdrawn", {{"event", "bundle_withdrawn"},
                                      {"td", trust_domain.name()},
                                      {"reason", ending.reason},
                                      {"by", ending.by ? trust::describe(*ending.by) : "nobody"}});
  count_change(parts.metrics, trust::HistoryAction::withdrawn);
}

bool needs_relationship(const trust::BundleRecord& record) {
  switch (record.origin) {
    case trust::Origin::own:
    case trust::Origin::given:
    case trust::Origin::imported:
      return false;
    case trust::Origin::none:
      return !record.held || record.held->origin != trust::Origin::imported;
    case trust::Origin::bootstrap:
    case trust::Origin::fetched:
      return true;
  }
  return true;
}

asio::awaitable<Status> apply_bootstrap(const SyncerParts& parts, trust::RelationshipPtr relationship,
                                        std::optional<trust::Actor> by) {
  const std::string& name = relationship->trust_domain.name();
  std::optional<trust::Decision> decision;
  bool recorded = false;
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    const Time now = parts.clock.now();
    decision = trust::decide_bootstrap(now, held.get(), relationship->bootstrap_bundle, bootstrap_source);
    const auto* accepted = std::get_if<trust::Accept>(&*decision);
    if (accepted == nullptr) return std::nullopt;
    trust::Circumstances around{now, {bootstrap_source, "", ""}, by, why_taken(held)};
    auto event = trust::on_record(held.get(), *decision, relationship->bootstrap_bundle,
                                  trust::HistoryAction::bootstrap, std::move(around));
    recorded = event.has_value();
    return Step{accepted->next, std::move(event)};
  };
  const auto applied = co_await apply(parts.ledger, parts.clock, relationship->trust_domain, std::move(decide));
  if (!applied) {
    parts.log.error("bootstrap bundle not applied",
                    {{"event", "bootstrap_not_applied"}, {"td", name}, {"error", applied.error().message()}});
    co_return applied.error();
  }
  if (const auto* refused = std::get_if<trust::Refuse>(&*decision)) {
    parts.log.error("bootstrap bundle refused",
                    {{"event", "bootstrap_refused"}, {"td", name}, {"reason", refused->reason.message()}});
    co_return refused->reason;
  }
  if (!*applied) co_return ok();
  const trust::Accept& taken = std::get<trust::Accept>(*decision);
  const spiffe::Bundle& bundle = *taken.next.bundle;
  parts.log.info("bootstrap bundle applied", {{"event", "bundle_bootstrap"},
                                              {"td", name},
                                              {"seq", trust::sequence_text(bundle.sequence)},
                                              {"digest", spiffe::authorities_digest(bundle)},
                                              {"url", bootstrap_source},
                                              {"change", taken.summary},
                                              {"by", by ? trust::describe(*by) : "nobody"}});
  if (recorded) count_change(parts.metrics, trust::HistoryAction::bootstrap);
  co_return ok();
}

}  // namespace entente::syncer
