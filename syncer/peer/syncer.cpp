#include "syncer/peer/syncer.hpp"

#include "common/base/async_mutex.hpp"
#include "common/trust/on_record.hpp"
#include "syncer/peer/apply.hpp"
#include "syncer/peer/differences.hpp"
#include "syncer/peer/join.hpp"
#include "syncer/peer/relationship_bundle.hpp"

namespace entente::syncer {
namespace {

using trust::RelationshipPtr;

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
  trust::ChangePolicy default_policy = trust::ChangePolicy::accept;
  FederationMetrics metrics;
  AsyncMutex turns;
  Loops loops;
  bool stopped = false;

  LoopPtr find(const spiffe::TrustDomain& trust_domain) const {
    const auto place = loops.find(trust_domain);
    return place == loops.end() ? nullptr : place->second;
  }

  void start(const RelationshipPtr& relationship, PeerLoop::Memory memory, Duration first_wait = Duration::zero()) {
    const LoopParts surroundings{parts, metrics, default_policy};
    auto loop = std::make_shared<PeerLoop>(surroundings, relationship, policy, std::move(memory));
    loops[relationship->trust_domain] = loop;
    PeerLoop::start(loop, first_wait);
  }

  bool is_own(const RelationshipPtr& relationship) const;
  Wanted by_trust_domain(const std::vector<RelationshipPtr>& all) const;
  static asio::awaitable<void> update(std::shared_ptr<Impl> self, std::vector<RelationshipPtr> relationships,
                                      trust::PollingPolicy policy);
  static asio::awaitable<Status> put(std::shared_ptr<Impl> self, RelationshipPtr relationship,
                                     std::optional<trust::Actor> by);
  static asio::awaitable<void> erase(std::shared_ptr<Impl> self, spiffe::TrustDomain trust_domain,
                                     std::optional<trust::Actor> by);
  static asio::awaitable<void> stop_all(std::shared_ptr<Impl> self);
  // What was begun is carried through, also for a caller that is cancelled.
  asio::awaitable<void> carry_through(asio::awaitable<void> task);

  asio::awaitable<void> retire(const Differences& differences, const Ending& ending);
  asio::awaitable<Status> begin(const Differences& differences, std::optional<trust::Actor> by);
  asio::awaitable<void> end(std::vector<LoopPtr> ending);
  asio::awaitable<void> withdraw_orphans(const Wanted& wanted);
  asio::awaitable<Status> apply_bootstraps(std::vector<RelationshipPtr> relationships, std::optional<trust::Actor> by);
};

bool Syncer::Impl::is_own(const RelationshipPtr& relationship) const {
  const auto own = parts.ledger.current()->own;
  if (relationship->trust_domain != own) return false;
  parts.log.error("a relationship with our own trust domain is ignored", {{"td", own->name()}});
  return true;
}

Wanted Syncer::Impl::by_trust_domain(const std::vector<RelationshipPtr>& all) const {
  Wanted result;
  for (const RelationshipPtr& relationship : all)
    if (!is_own(relationship)) result[relationship->trust_domain] = relationship;
  return result;
}

asio::awaitable<void> Syncer::Impl::update(std::shared_ptr<Impl> self, std::vector<RelationshipPtr> relationships,
                                           trust::PollingPolicy policy) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn || self->stopped) co_return;
  self->policy = policy;
  const auto wanted = self->by_trust_domain(relationships);
  const Differences found = compare(self->loops, wanted);
  for (const auto& kept : found.kept) kept.before->set_policy(policy);
  const Ending ending{"the configuration names the relationship no more", std::nullopt};
  co_await self->retire(found, ending);
  co_await self->withdraw_orphans(wanted);
  const Status begun = co_await self->begin(found, std::nullopt);
  static_cast<void>(begun);  // what the configuration gave and cannot be used is in the log
}

asio::awaitable<Status> Syncer::Impl::put(std::shared_ptr<Impl> self, RelationshipPtr relationship,
                                          std::optional<trust::Actor> by) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  if (self->stopped || self->is_own(relationship)) co_return ok();
  Differences found;
  compare(self->find(relationship->trust_domain), relationship, found);
  const Ending nothing_ends;
  co_await self->retire(found, nothing_ends);
  co_return co_await self->begin(found, std::move(by));
}

asio::awaitable<void> Syncer::Impl::erase(std::shared_ptr<Impl> self, spiffe::TrustDomain trust_domain,
                                          std::optional<trust::Actor> by) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return;
  const Ending ending{"the relationship was deleted", std::move(by)};
  Differences found;
  const LoopPtr running = self->find(trust_domain);
  if (running && !self->stopped) found.gone.push_back(running);
  co_await self->retire(found, ending);
  // Where no loop runs (its definition could not be read, or this process is stopping), its bundle is there all the
  // same.
  co_await withdraw(self->parts, std::move(trust_domain), ending);
}

asio::awaitable<void> Syncer::Impl::carry_through(asio::awaitable<void> task) {
  std::vector<asio::awaitable<void>> tasks;
  tasks.push_back(std::move(task));
  const Status joined = co_await join(parts.control, std::move(tasks));
  static_cast<void>(joined);
}

// The order matters: an ended loop can apply nothing any more, so that what is withdrawn stays withdrawn (FC-16).
asio::awaitable<void> Syncer::Impl::retire(const Differences& differences, const Ending& ending) {
  std::vector<LoopPtr> replaced;
  for (const auto& change : differences.changed) {
    change.before->stop();
    replaced.push_back(change.before);
  }
  for (const LoopPtr& loop : differences.gone) loops.erase(loop->relationship().trust_domain);
  co_await end(differences.gone);
  std::vector<asio::awaitable<void>> withdrawals;
  for (const LoopPtr& loop : differences.gone) {
    metrics.end(loop->relationship().trust_domain);
    withdrawals.push_back(withdraw(parts, loop->relationship().trust_domain, ending));
  }
  const Status withdrawn = co_await join(parts.control, std::move(withdrawals));
  static_cast<void>(withdrawn);
  co_await end(replaced);
}

// What was given to begin with may be refused; the polls begin all the same.
asio::awaitable<Status> Syncer::Impl::begin(const Differences& differences, std::optional<trust::Actor> by) {
  for (const auto& kept : differences.kept) kept.before->set_relationship(kept.after);
  std::vector<RelationshipPtr> starting = differences.fresh;
  for (const auto& change : differences.changed) starting.push_back(change.after);
  // All of them before the first poll: an endpoint may prove itself by another relationship's bundle (FC-9).
  const Status given = co_await apply_bootstraps(starting, std::move(by));
  if (stopped) co_return given;
  std::size_t place = 0;
  for (const RelationshipPtr& relationship : differences.fresh)
    start(relationship, {{}, parts.clock.now(), {}}, trust::first_wait(place++));
  for (const auto& change : differences.changed) start(change.after, change.before->memory());
  co_return given;
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
  const Ending ending{"no relationship names it", std::nullopt};
  std::vector<asio::awaitable<void>> tasks;
  for (const auto* records : {&snapshot->records, &snapshot->waiting})
    for (const trust::RecordPtr& record : *records) {
      const spiffe::TrustDomain& trust_domain = record->trust_domain();
      if (trust_domain == snapshot->own || wanted.contains(trust_domain) || !needs_relationship(*record)) continue;
      // Damage ends nothing: the bundle may be all that the endpoint can be validated with when it is mended.
      if (parts.ledger.has_unreadable_relationship(trust_domain)) continue;
      tasks.push_back(withdraw(parts, trust_domain, ending));
    }
  const Status joined = co_await join(parts.control, std::move(tasks));
  static_cast<void>(joined);
}

// The first fault is the answer.
asio::awaitable<Status> Syncer::Impl::apply_bootstraps(std::vector<RelationshipPtr> relationships,
                                                       std::optional<trust::Actor> by) {
  std::vector<asio::awaitable<void>> tasks;
  std::vector<std::shared_ptr<std::optional<Status>>> answers;
  for (const RelationshipPtr& relationship : relationships) {
    if (!relationship->bootstrap_bundle) continue;
    answers.push_back(std::make_shared<std::optional<Status>>());
    tasks.push_back(keep_answer(apply_bootstrap(parts, relationship, by), answers.back()));
  }
  const Status joined = co_await join(parts.control, std::move(tasks));
  if (!joined) co_return joined.error();
  for (const auto& answer : answers)
    if (!**answer) co_return (*answer)->error();
  co_return ok();
}

Syncer::Syncer(SyncerParts parts, trust::PollingPolicy policy)
    : impl_(std::make_shared<Impl>(std::move(parts), policy)) {}

Syncer::~Syncer() = default;

asio::awaitable<void> Syncer::set_relationships(std::vector<trust::RelationshipPtr> relationships,
                                                trust::PollingPolicy policy) {
  const auto impl = impl_;
  co_await impl->carry_through(Impl::update(impl, std::move(relationships), policy));
}

asio::awaitable<Status> Syncer::put(trust::RelationshipPtr relationship, std::optional<trust::Actor> by) {
  const auto impl = impl_;
  auto task = Impl::put(impl, std::move(relationship), std::move(by));
  co_return co_await syncer::carry_through(impl->parts.control, std::move(task));
}

asio::awaitable<void> Syncer::erase(spiffe::TrustDomain trust_domain, std::optional<trust::Actor> by) {
  const auto impl = impl_;
  co_await impl->carry_through(Impl::erase(impl, std::move(trust_domain), std::move(by)));
}

void Syncer::set_default_policy(trust::ChangePolicy policy) { impl_->default_policy = policy; }

asio::awaitable<void> Syncer::stop() {
  const auto impl = impl_;
  co_await impl->carry_through(Impl::stop_all(impl));
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

asio::awaitable<Status> Syncer::accept_next(spiffe::TrustDomain trust_domain, std::string reason, trust::Actor by) {
  const auto impl = impl_;
  const SyncerParts& parts = impl->parts;
  const LoopPtr loop = impl->find(trust_domain);
  if (!loop) co_return unknown(trust_domain);
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    if (!held) return std::nullopt;
    const Time now = parts.clock.now();
    trust::AcceptNext word{reason, trust::describe(by), now};
    trust::Circumstances around{now, {}, by, reason};
    return Step{trust::with_accept_next(*held, std::move(word)),
                trust::accept_next_on_record(*held, std::move(around))};
  };
  const auto applied = co_await apply(parts.ledger, parts.clock, trust_domain, std::move(decide));
  if (!applied) co_return applied.error();
  if (!*applied)
    co_return Error(Errc::not_found, "nothing is held of " + trust_domain.name() +
                                         ": its next good bundle is taken anyway, whatever its sequence");
  parts.log.info(
      "the next good bundle is accepted whatever its sequence",
      {{"event", "bundle_accept_next"}, {"td", trust_domain.name()}, {"by", trust::describe(by)}, {"reason", reason}});
  count_change(parts.metrics, trust::HistoryAction::accept_next);
  loop->ask();
  co_return ok();
}

}  // namespace entente::syncer
