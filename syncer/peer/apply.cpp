#include "syncer/peer/apply.hpp"

namespace entente::syncer {
namespace {

constexpr int rounds = 30;
constexpr Duration pause = std::chrono::milliseconds(100);

}  // namespace

asio::awaitable<Result<std::optional<store::Applied>>> apply(store::Ledger& ledger, Clock& clock,
                                                             spiffe::TrustDomain trust_domain, Decide decide) {
  for (int round = 0; round < rounds; ++round) {
    const trust::RecordPtr held = ledger.current()->find_any(trust_domain);
    std::optional<Step> step = decide(held);
    if (!step) co_return std::nullopt;
    Result<store::Applied> applied =
        co_await ledger.apply(trust_domain, held ? held->revision : 0, std::move(step->record), std::move(step->event));
    if (applied) co_return std::optional(std::move(*applied));
    if (applied.error().code() != Errc::conflict) co_return applied.error();
    const Status slept = co_await clock.sleep(pause);
    if (!slept) co_return slept.error();
  }
  co_return Error(Errc::conflict, "the bundle of " + trust_domain.name() + " kept changing under other hands");
}

}  // namespace entente::syncer
