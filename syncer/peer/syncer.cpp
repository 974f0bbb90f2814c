#include "syncer/peer/syncer.hpp"

#include <map>

#include "common/base/async_mutex.hpp"
#include "common/trust/decision.hpp"
#include "syncer/peer/apply.hpp"
#include "syncer/peer/join.hpp"
#include "syncer/peer/outcome.hpp"
#include "syncer/peer/peer_loop.hpp"

namespace entente::syncer {
namespace {

constexpr const char* bootstrap_source = "bootstrap bundle";

using trust::RelationshipPtr;
using LoopPtr = std::shared_ptr<PeerLoop>;
using Wanted = std::map<spiffe::TrustDomain, RelationshipPtr>;
using Loops = std::map<spiffe::TrustDomain, LoopPtr>;

// What set_relationships() has to do, found by comparing.
struct Differences {
  std::vector<LoopPtr> gone;
  struct Changed {
    LoopPtr before;
    RelationshipPtr after;
  };
  std::vector<Changed> changed;
  std::vector<RelationshipPtr> fresh;
  std::vector<std::pair<LoopPtr, RelationshipPtr>> kept;
};

Differences compare(const Loops& loops, const Wanted& wanted) {
  Differences found;
  for (const auto& [trust_domain, loop] : loops)
    if (!wanted.contains(trust_domain)) found.gone.push_back(loop);
  for (const auto& [trust_domain, relationship] : wanted) {
    const auto running = loops.find(trust_domain);
    if (running == loops.end())
      found.fresh.push_back(relationship);
    else if (same_relationship(running->second->relationship(), *relationship))
      found.kept.emplace_back(running->second, relationship);
    else
      found.changed.push_back({running->second, relationship});
  }
  return found;
}

Error unknown(const spiffe::TrustDomain& trust_domain) {
  return Error(Errc::not_found, "no relationship with " + trust_domain.name());
}

}  // namespace

struct Syncer::Impl : std::enable_shared_from_this<Syncer::Impl> {
  Impl(SyncerParts given, trust::PollingPolicy polling)
      : parts(std::move(given)),
        policy(polling),
        metrics(parts.metrics, parts.ledger, parts.clock),
        turns(parts.control) {}

  SyncerParts parts;
  trust::PollingPolicy policy;
  FederationMetrics metrics;
  AsyncMutex turns;
  Loops loops;
  bool stopped = false;

  LoopPtr find(const spiffe::TrustDomain& trust_domain) const {
    const auto place = loops.find(trust_domain);
    return place == loops.end() ? nullptr : place->second;
  }

  void start(const RelationshipPtr& relationship, PeerLoop::Memory memory) {
    auto loop = std::make_shared<PeerLoop>(LoopParts{parts, metrics}, relationship, policy, std::move(memory));
    loops[relationship->trust_domain] = loop;
    PeerLoop::start(loop);
  }

  Wanted by_trust_domain(const std::vector<RelationshipPtr>& all) const;
  static asio::awaitable<void> update(std::shared_ptr<Impl> self, std::vector<RelationshipPtr> relationships,
                                      trust::PollingPolicy policy);
  static asio::awaitable<void> stop_all(std::shared_ptr<Impl> self);
  asio::awaitable<void> end(std::vector<LoopPtr> ending);
  asio::awaitable<void> withdraw_orphans(const Wanted& wanted);
  asio::awaitable<void> apply_bootstraps(std::vector<RelationshipPtr> relationships);
  static asio::awaitable<void> withdraw(std::shared_ptr<Impl> self, spiffe::TrustDomain trust_domain);
  static asio::awaitable<void> apply_bootstrap(std::shared_ptr<Impl> self, RelationshipPtr relationship);
};

Wanted Syncer::Impl::by_trust_domain(const std::vector<RelationshipPtr>& all) const {
  Wanted result;
  const auto own = parts.ledger.current()->own;
  for (const RelationshipPtr& relationship : all) {
    if (relationship->trust_domain == own)
      parts.log.error("a relationship with our own trust domain is ignored", {{"td", own->name()}});
    else
      result[relationship->trust_domain] = relationship;
  }
  return result;
}

asio::awaitable<void> Syncer::Impl::update(std::shared_ptr<Impl> self, std::vector<RelationshipPtr> relationships,
                                           trust::PollingPolicy policy) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn || self->stopped) co_return;
  self->policy = policy;
  const auto wanted = self->by_trust_domain(relationships);
  const Differences found = compare(self->loops, wanted);

  std::vector<LoopPtr> replaced;
  for (const auto& change : found.changed) {
    change.before->stop();
    replaced.push_back(change.before);
  }
  for (const auto& [loop, relationship] : found.kept) {
    loop->set_relationship(relationship);
    loop->set_policy(policy);
  }
  // The order matters: an ended loop can apply nothing any more, so that what is withdrawn stays withdrawn (FC-16).
  for (const LoopPtr& loop : found.gone) self->loops.erase(loop->relationship().trust_domain);
  co_await self->end(found.gone);
  for (const LoopPtr& loop : found.gone) self->metrics.end(loop->relationship().trust_domain);
  co_await self->withdraw_orphans(wanted);
  co_await self->end(replaced);

  std::vector<RelationshipPtr> starting = found.fresh;
  for (const auto& change : found.changed) starting.push_back(change.after);
  // All of them before the first poll: an endpoint may prove itself by another relationship's bundle (FC-9).
  co_await self->apply_bootstraps(starting);
  if (self->stopped) co_return;
  for (const RelationshipPtr& relationship : found.fresh) self->start(relationship, {{}, self->parts.clock.now()});
  for (const auto& change : found.changed) self->start(change.after, change.before->memory());
}

asio::awaitable<void> Syncer::Impl::stop_all(std::shared_ptr<Impl> self) {
  self->stopped = true;
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  std::vector<LoopPtr> all;
  for (const auto& [trust_domain, loop] : self->loops) all.push_back(loop);
  co_await self->end(std::move(all));
}

asio::awaitable<void> Syncer::Impl::end(std::vector<LoopPtr> ending) {
  for (const LoopPtr& loop : ending) loop->stop();
  for (const LoopPtr& loop : ending) {
    const Status ended = co_await loop->ended();
    if (!ended) co_return;
  }
}

asio::awaitable<void> Syncer::Impl::withdraw_orphans(const Wanted& wanted) {
  const trust::SnapshotPtr snapshot = parts.ledger.current();
  std::vector<asio::awaitable<void>> tasks;
  for (const trust::RecordPtr& record : snapshot->records) {
    const spiffe::TrustDomain& trust_domain = record->trust_domain();
    if (trust_domain == snapshot->own || wanted.contains(trust_domain)) continue;
    tasks.push_back(withdraw(shared_from_this(), trust_domain));
  }
  const Status joined = co_await join(parts.control, std::move(tasks));
  static_cast<void>(joined);
}

asio::awaitable<void> Syncer::Impl::withdraw(std::shared_ptr<Impl> self, spiffe::TrustDomain trust_domain) {
  const SyncerParts& parts = self->parts;
  Decide decide = [](const trust::RecordPtr& held) -> std::optional<Step> {
    if (!held) return std::nullopt;
    return Step{};
  };
  const auto applied = co_await apply(parts.ledger, parts.clock, trust_domain, std::move(decide));
  if (!applied)
    parts.log.error("bundle not withdrawn", {{"td", trust_domain.name()}, {"error", applied.error().message()}});
  else if (*applied)
    parts.log.info("bundle withdrawn: the relationship ended", {{"td", trust_domain.name()}});
}

asio::awaitable<void> Syncer::Impl::apply_bootstraps(std::vector<RelationshipPtr> relationships) {
  std::vector<asio::awaitable<void>> tasks;
  for (const RelationshipPtr& relationship : relationships)
    if (relationship->bootstrap_bundle) tasks.push_back(apply_bootstrap(shared_from_this(), relationship));
  const Status joined = co_await join(parts.control, std::move(tasks));
  static_cast<void>(joined);
}

asio::awaitable<void> Syncer::Impl::apply_bootstrap(std::shared_ptr<Impl> self, RelationshipPtr relationship) {
  const SyncerParts& parts = self->parts;
  const std::string& name = relationship->trust_domain.name();
  std::optional<trust::Decision> decision;
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    decision = trust::decide_bootstrap(parts.clock.now(), held.get(), relationship->bootstrap_bundle, bootstrap_source);
    const auto* accepted = std::get_if<trust::Accept>(&*decision);
    if (accepted == nullptr) return std::nullopt;
    return Step{accepted->next};
  };
  const auto applied = co_await apply(parts.ledger, parts.clock, relationship->trust_domain, std::move(decide));
  if (!applied)
    parts.log.error("bootstrap bundle not applied", {{"td", name}, {"error", applied.error().message()}});
  else if (const auto* refused = std::get_if<trust::Refuse>(&*decision))
    parts.log.error("bootstrap bundle refused", {{"td", name}, {"error", refused->reason.message()}});
  else if (*applied)
    parts.log.info("bootstrap bundle applied", {{"td", name}, {"change", std::get<trust::Accept>(*decision).summary}});
}

Syncer::Syncer(SyncerParts parts, trust::PollingPolicy policy)
    : impl_(std::make_shared<Impl>(std::move(parts), policy)) {}

Syncer::~Syncer() = default;

asio::awaitable<void> Syncer::set_relationships(std::vector<trust::RelationshipPtr> relationships,
                                                trust::PollingPolicy policy) {
  const auto impl = impl_;
  std::vector<asio::awaitable<void>> tasks;
  tasks.push_back(Impl::update(impl, std::move(relationships), policy));
  const Status joined = co_await join(impl->parts.control, std::move(tasks));
  static_cast<void>(joined);
}

asio::awaitable<void> Syncer::stop() {
  const auto impl = impl_;
  std::vector<asio::awaitable<void>> tasks;
  tasks.push_back(Impl::stop_all(impl));
  const Status joined = co_await join(impl->parts.control, std::move(tasks));
  static_cast<void>(joined);
}

std::vector<trust::RelationshipStatus> Syncer::statuses() const {
  std::vector<trust::RelationshipStatus> all;
  all.reserve(impl_->loops.size());
  for (const auto& [trust_domain, loop] : impl_->loops) all.push_back(loop->status());
  return all;
}

std::optional<trust::RelationshipStatus> Syncer::status(const spiffe::TrustDomain& trust_domain) const {
  const LoopPtr loop = impl_->find(trust_domain);
  if (!loop) return std::nullopt;
  return loop->status();
}

asio::awaitable<Result<trust::RelationshipStatus>> Syncer::refresh(spiffe::TrustDomain trust_domain) {
  const auto impl = impl_;
  while (!impl->stopped) {
    const LoopPtr loop = impl->find(trust_domain);
    if (!loop) co_return unknown(trust_domain);
    const Result<bool> polled = co_await loop->finished(loop->ask());
    if (!polled) co_return polled.error();
    if (*polled) co_return loop->status();
    // The loop ended: the relationship was changed, and then another has begun, or it was removed.
    const Result<AsyncMutex::Lock> settled = co_await impl->turns.lock();
    if (!settled) co_return settled.error();
    if (impl->find(trust_domain) == loop) break;
  }
  co_return Error(Errc::unavailable, "polling has stopped");
}

asio::awaitable<Status> Syncer::accept_next(spiffe::TrustDomain trust_domain, trust::AcceptNext word) {
  const auto impl = impl_;
  const LoopPtr loop = impl->find(trust_domain);
  if (!loop) co_return unknown(trust_domain);
  Decide decide = [&word](const trust::RecordPtr& held) -> std::optional<Step> {
    if (!held) return std::nullopt;
    return Step{trust::with_accept_next(*held, word)};
  };
  const auto applied = co_await apply(impl->parts.ledger, impl->parts.clock, trust_domain, std::move(decide));
  if (!applied) co_return applied.error();
  if (!*applied)
    co_return Error(Errc::not_found, "nothing is held of " + trust_domain.name() +
                                         ": its next good bundle is taken anyway, whatever its sequence");
  impl->parts.log.info("the next good bundle is accepted whatever its sequence",
                       {{"td", trust_domain.name()}, {"by", word.by}, {"reason", word.reason}});
  loop->ask();
  co_return ok();
}

}  // namespace entente::syncer
