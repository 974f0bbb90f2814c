#include "common/store/ledger_state.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

namespace entente::store {
namespace {

constexpr Duration first_retry = std::chrono::seconds(1);
constexpr Duration longest_retry = std::chrono::seconds(30);
constexpr Duration between_prunings = std::chrono::hours(24);
constexpr std::size_t named_in_log = 10;

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), named_in_log); ++i) text += (i ? "," : "") + names[i];
  if (names.size() > named_in_log) text += " and " + std::to_string(names.size() - named_in_log) + " more";
  return text;
}

template <class Authority>
bool lacks_any(const std::vector<Authority>& before, const std::vector<Authority>& after) {
  return std::any_of(before.begin(), before.end(), [&](const Authority& authority) {
    return std::find(after.begin(), after.end(), authority) == after.end();
  });
}

// What was trusted and no longer is must not wait for a disk. `before` is in use, or null.
bool takes_trust_away(const trust::RecordPtr& before, const trust::RecordPtr& after) {
  if (!after) return true;
  if (!before) return false;
  if (!after->in_use()) return true;
  return lacks_any(before->bundle->x509_authorities, after->bundle->x509_authorities) ||
         lacks_any(before->bundle->jwt_authorities, after->bundle->jwt_authorities) ||
         lacks_any(before->bundle->wit_authorities, after->bundle->wit_authorities);
}

}  // namespace

LedgerState::LedgerState(asio::any_io_executor control_executor, std::unique_ptr<Store> owned_store, Clock& the_clock,
                         Log& the_log)
    : control(std::move(control_executor)), clock(the_clock), log(the_log), store_(std::move(owned_store)) {}

Status LedgerState::start(std::optional<spiffe::TrustDomain> own) {
  Result<Loaded> loaded = store_->load();
  if (!loaded) return loaded.error();
  trust::Snapshot snapshot;
  snapshot.own = std::move(own);
  load(std::move(*loaded), snapshot);
  feed.publish(std::make_shared<const trust::Snapshot>(std::move(snapshot)));
  tasks_.emplace(control, log);
  auto finished = [executor = control, weak = weak_from_this()] {
    asio::post(executor, [weak] {
      if (const auto state = weak.lock()) state->written();
    });
  };
  writer_.emplace(*store_, std::move(finished));
  history.emplace(*store_, control);
  return ok();
}

void LedgerState::load(Loaded loaded, trust::Snapshot& snapshot) {
  load_unreadable(loaded);
  registry.seed(loaded);
  journal.seed(std::move(loaded.last_event));
  for (auto& read : loaded.records) {
    auto record = std::make_shared<const trust::BundleRecord>(std::move(read));
    backlog.seed(record->trust_domain(), record, record->revision);
    (record->in_use() ? snapshot.records : snapshot.waiting).push_back(std::move(record));
  }
  const auto by_name = [](const auto& a, const auto& b) { return a->trust_domain() < b->trust_domain(); };
  std::sort(snapshot.records.begin(), snapshot.records.end(), by_name);
  std::sort(snapshot.waiting.begin(), snapshot.waiting.end(), by_name);
}

void LedgerState::load_unreadable(const Loaded& loaded) {
  for (const auto& bad : loaded.unreadable) {
    log.error("stored bundle cannot be read; the trust domain is not trusted until its bundle comes again",
              {{"td", bad.trust_domain}, {"error", bad.reason.message()}});
    unreadable_.insert_or_assign(bad.trust_domain, bad.reason);
    // The next change replaces what is stored, so it must expect that revision.
    if (const auto trust_domain = spiffe::TrustDomain::parse(bad.trust_domain))
      backlog.seed(*trust_domain, nullptr, bad.revision);
  }
  for (const auto& bad : loaded.unreadable_definitions)
    log.error("stored definition cannot be read; it has no effect and stays as it is until it is set or deleted",
              {{"definition", bad.name}, {"error", bad.reason.message()}});
}

std::shared_ptr<Waiter> LedgerState::accept(const spiffe::TrustDomain& trust_domain, trust::RecordPtr record,
                                            std::optional<trust::HistoryEntry> event) {
  const bool at_once = takes_trust_away(feed.current()->find(trust_domain), record);
  const Numbered change = backlog.accept(trust_domain, std::move(record));
  if (event) this->record(std::move(*event));
  if (at_once) show({change});
  auto waiter = std::make_shared<Waiter>(control, change);
  waiters_.emplace(trust_domain, waiter);
  write();
  return waiter;
}

void LedgerState::note(trust::HistoryEntry event) {
  if (stopped_) return;
  record(std::move(event));
  // A store that refuses is asked again by the retry: a stranger's bad answers must not set the pace.
  if (!refusing()) write();
}

void LedgerState::record(trust::HistoryEntry event) {
  if (event.at == Time()) event.at = clock.now();
  journal.add(std::move(event));
  if (journal.dropped() > losses_reported_ && !std::exchange(losing_, true)) report_losses();
}

// Once when the first is lost, and once with the whole number when the store is back.
void LedgerState::report_losses() {
  if (journal.dropped() == losses_reported_) return;
  losses_reported_ = journal.dropped();
  log.error("history entries are lost: the store has refused them for too long; refusals go first",
            {{"lost", journal.dropped()}, {"kept", journal.size()}});
}

void LedgerState::set_history_limits(const trust::HistoryLimits& limits) {
  limits_ = limits;
  prune_due_ = true;
  write();
  prune_task_.cancel();
  prune_task_ = tasks_->spawn("history pruning", prune_daily(weak_from_this(), clock));
}

asio::awaitable<void> LedgerState::prune_daily(std::weak_ptr<LedgerState> state, Clock& clock) {
  for (;;) {
    const Status slept = co_await clock.sleep(between_prunings);
    if (!slept) co_return;
    const auto self = state.lock();
    if (!self || self->stopped_) co_return;
    self->prune_due_ = true;
    self->write();
  }
}

std::shared_ptr<RegistryWrite> LedgerState::write_registry(std::vector<RegistryChange> changes) {
  auto wanted = std::make_shared<RegistryWrite>(control, std::move(changes));
  registry.add(wanted);
  write();
  return wanted;
}

void LedgerState::give_up_waiting(const std::shared_ptr<Waiter>& waiter, bool deadline_passed) {
  const auto [first, last] = waiters_.equal_range(waiter->change.trust_domain);
  const auto place = std::find_if(first, last, [&](const auto& entry) { return entry.second == waiter; });
  if (place == last) return;
  waiters_.erase(place);
  if (stopped_) return;
  show({waiter->change});
  if (deadline_passed && !std::exchange(slow_, true))
    log.warning(
        "store has not answered in time; bundles are in use before they are written, and a kill would lose them",
        {{"td", waiter->change.trust_domain.name()}});
}

Work LedgerState::take_work() {
  Work work;
  work.batch.changes = backlog.take_batch();
  work.batch.events = journal.take_batch();
  work.batch.registry = registry.begin();
  work.batch.history_entries = limits_.entries;
  if (std::exchange(prune_due_, false)) work.pruning = Work::Pruning{limits_, clock.now()};
  return work;
}

void LedgerState::write() {
  again_ = writing_;
  if (writing_ || stopped_) return;
  Work work = take_work();
  if (work.empty()) return;
  writing_ = true;
  writer_->start(std::move(work));
}

void LedgerState::written() {
  if (stopped_) return;
  const auto outcomes = writer_->take();
  if (!outcomes) return;
  settle(*outcomes);
  if (again_ || registry.waiting()) write();
  if (refusing()) retry_later();
}

void LedgerState::settle(const Outcomes& outcomes) {
  writing_ = false;
  slow_ = false;
  const std::vector<Settled> settled = backlog.settle(outcomes.changes);
  journal.settle(outcomes.events);
  registry.settle(outcomes.registry);
  std::vector<Numbered> changes;
  for (const auto& one : settled) changes.push_back(one.change);
  // Refused or not, it is in use now.
  if (!stopped_) show(changes);
  const bool was_refusing = refusing();
  note_refused_bundles(settled);
  note_refused_events(outcomes.events);
  note_recovery(was_refusing);
  if (!outcomes.pruning)
    log.warning("old history entries could not be removed; it is tried again tomorrow",
                {{"error", outcomes.pruning.error().message()}});
  for (const auto& one : settled) answer(one);
}

// One new snapshot for all of them: readers never see half of a batch, and it is copied once.
void LedgerState::show(const std::vector<Numbered>& changes) {
  std::shared_ptr<trust::Snapshot> after;
  for (const Numbered& change : changes) {
    if (!backlog.show(change)) continue;
    if (!after) after = std::make_shared<trust::Snapshot>(*feed.current());
    trust::put_record(*after, change.trust_domain, change.record);
  }
  if (after) feed.publish(std::move(after));
}

void LedgerState::answer(const Settled& settled) {
  auto [place, last] = waiters_.equal_range(settled.change.trust_domain);
  while (place != last) {
    const auto waiter = place->second;
    if (waiter->change.number > settled.change.number) {
      ++place;
      continue;
    }
    waiter->persisted = !settled.refusal;
    waiter->answered.raise();
    place = waiters_.erase(place);
  }
}

void LedgerState::note_refused_bundles(const std::vector<Settled>& settled) {
  std::vector<std::string> newly_refused;
  for (const auto& [change, refusal] : settled) {
    if (!refusal) {
      refused_.erase(change.trust_domain);
      unreadable_.erase(change.trust_domain.name());
      continue;
    }
    last_error_ = *refusal;
    if (refused_.insert_or_assign(change.trust_domain, *refusal).second)
      newly_refused.push_back(change.trust_domain.name());
  }
  if (!newly_refused.empty())
    log.error("store refused bundles that are in use: a kill would lose them; writing is retried",
              {{"trust_domains", join(newly_refused)}, {"error", last_error_->message()}});
}

void LedgerState::note_refused_events(const std::vector<Status>& outcomes) {
  const auto refusal = std::find_if(outcomes.begin(), outcomes.end(), [](const Status& outcome) { return !outcome; });
  const bool before = std::exchange(events_refused_, refusal != outcomes.end());
  if (!events_refused_) return;
  last_error_ = refusal->error();
  if (!before && refused_.empty())
    log.error("store refused history entries: a kill would lose them; writing is retried",
              {{"entries", journal.size()}, {"error", last_error_->message()}});
}

void LedgerState::note_recovery(bool was_refusing) {
  if (refusing()) return;
  last_error_.reset();
  if (retrying_) retry_task_.cancel();
  retrying_ = false;
  if (!was_refusing) return;
  losing_ = false;
  report_losses();
  log.info("store holds everything again");
}

void LedgerState::retry_later() {
  if (std::exchange(retrying_, true)) return;
  retry_task_ = tasks_->spawn("store retry", retry(weak_from_this(), clock));
}

// Holds the ledger only between two waits: a sleeping retry keeps nothing alive.
asio::awaitable<void> LedgerState::retry(std::weak_ptr<LedgerState> state, Clock& clock) {
  for (Duration delay = first_retry;; delay = std::min(2 * delay, longest_retry)) {
    const Status slept = co_await clock.sleep(delay);
    if (!slept) co_return;
    const auto self = state.lock();
    if (!self || self->stopped_) co_return;
    if (!self->writing_) self->write();
  }
}

void LedgerState::stop() {
  stopped_ = true;
  tasks_.reset();
  if (!writer_) return;
  history.reset();
  writer_->stop();
  if (const auto outcomes = writer_->take()) settle(*outcomes);
  registry.refuse_all(Error(Errc::unavailable, "the store is being closed; nothing was changed"));
  if (const Work work = take_work(); !work.batch.empty()) settle(write_batch(*store_, work.batch));
  std::vector<std::string> lost;
  for (const auto& [trust_domain, error] : refused_) lost.push_back(trust_domain.name());
  if (!lost.empty())
    log.error("stopping with bundles that the store never took: the next start uses what it held before",
              {{"trust_domains", join(lost)}, {"error", last_error_->message()}});
  if (journal.size() > 0)
    log.error("stopping with history entries that the store never took",
              {{"lost", journal.size()}, {"error", last_error_->message()}});
}

bool LedgerState::persisted(const spiffe::TrustDomain& trust_domain) const {
  return backlog.persisted(trust_domain) || (!slow_ && !refused_.contains(trust_domain));
}

StoreHealth LedgerState::health() const {
  StoreHealth health;
  health.unwritten = backlog.in_use_unwritten().size();
  health.last_error = last_error_;
  if (!health.last_error && slow_)
    health.last_error = Error(Errc::store, "the store has not answered for over two seconds");
  for (const auto& [name, reason] : unreadable_) health.unreadable.push_back(name);
  for (const auto& name : registry.unreadable()) health.unreadable_definitions.push_back(name);
  health.unwritten_events = journal.size();
  health.lost_events = journal.dropped();
  return health;
}

}  // namespace entente::store
