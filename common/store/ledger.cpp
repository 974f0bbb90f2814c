#include "common/store/ledger.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>

#include "common/store/ledger_state.hpp"

namespace entente::store {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr Duration visible_within = std::chrono::seconds(2);
constexpr Duration answered_within = std::chrono::seconds(5);

// Stops waiting however the coroutine ends: by the answer, the deadline, or a cancellation that throws.
class Wait {
 public:
  Wait(std::shared_ptr<LedgerState> state, std::shared_ptr<Waiter> waiter)
      : state_(std::move(state)), waiter_(std::move(waiter)) {}
  ~Wait() { state_->give_up_waiting(waiter_, deadline_passed_); }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  asio::awaitable<void> answer_or_deadline() {
    const std::variant<Status, Status> first =
        co_await (waiter_->answered.wait() || state_->clock.sleep(visible_within));
    deadline_passed_ = first.index() == 1 && std::get<1>(first).has_value();
  }

 private:
  std::shared_ptr<LedgerState> state_;
  std::shared_ptr<Waiter> waiter_;
  bool deadline_passed_ = false;
};

asio::awaitable<Applied> wait_for(std::shared_ptr<LedgerState> state, std::shared_ptr<Waiter> waiter) {
  Wait wait(state, waiter);
  co_await wait.answer_or_deadline();
  Applied applied;
  applied.record = waiter->change.record;
  applied.persisted = waiter->persisted.value_or(false);
  co_return applied;
}

Status check(const LedgerState& state, const spiffe::TrustDomain& trust_domain, std::uint64_t expected_revision,
             const std::optional<trust::BundleRecord>& record, const std::optional<trust::HistoryEntry>& event) {
  if (event && event->trust_domain != trust_domain)
    return Error(Errc::internal, "ledger: the event of " + trust_domain.name() + " is not its own");
  if (record && (!record->bundle || record->trust_domain() != trust_domain))
    return Error(Errc::internal, "ledger: the record put in use for " + trust_domain.name() + " is not its own");
  const std::uint64_t revision = state.backlog.revision(trust_domain);
  if (revision != expected_revision)
    return Error(Errc::conflict, "ledger: " + trust_domain.name() + " is at revision " + std::to_string(revision) +
                                     ", not " + std::to_string(expected_revision));
  return ok();
}

// Takes the write back, however the coroutine ends, if it has not begun.
class RegistryWait {
 public:
  RegistryWait(std::shared_ptr<LedgerState> state, std::shared_ptr<RegistryWrite> write)
      : state_(std::move(state)), write_(std::move(write)) {}
  ~RegistryWait() { take_back(); }
  RegistryWait(const RegistryWait&) = delete;
  RegistryWait& operator=(const RegistryWait&) = delete;

  bool take_back() { return state_->registry.take_back(write_); }
  asio::awaitable<void> answer_or_deadline() {
    co_await (write_->answered.wait() || state_->clock.sleep(answered_within));
  }
  // A wait that is cancelled is an answer that has not come: whoever asks looks.
  asio::awaitable<void> answer() {
    const Status answered = co_await write_->answered.wait();
    static_cast<void>(answered);
  }

 private:
  std::shared_ptr<LedgerState> state_;
  std::shared_ptr<RegistryWrite> write_;
};

asio::awaitable<Status> wait_for(std::shared_ptr<LedgerState> state, std::shared_ptr<RegistryWrite> write) {
  RegistryWait wait(std::move(state), write);
  co_await wait.answer_or_deadline();
  if (write->outcome) co_return *write->outcome;
  if (wait.take_back())
    co_return Error(Errc::store, "the store has not answered for five seconds; nothing was changed: try again later");
  // It may take effect yet: only the store's answer says so.
  co_await wait.answer();
  if (!write->outcome) co_return Error(Errc::cancelled, "cancelled while the store was writing; look what it became");
  co_return *write->outcome;
}

// Gives the read up, however the coroutine ends.
class HistoryWait {
 public:
  explicit HistoryWait(std::shared_ptr<HistoryRead> read) : read_(std::move(read)) {}
  ~HistoryWait() { read_->abandoned = true; }
  HistoryWait(const HistoryWait&) = delete;
  HistoryWait& operator=(const HistoryWait&) = delete;

  asio::awaitable<void> answer_or_deadline(Clock& clock) {
    co_await (read_->answered.wait() || clock.sleep(answered_within));
  }

 private:
  std::shared_ptr<HistoryRead> read_;
};

void log_unreadable(Log& log, const spiffe::TrustDomain& trust_domain, const std::vector<Error>& unreadable) {
  if (unreadable.empty()) return;
  log.error("history entries cannot be read and are left out",
            {{"td", trust_domain.name()}, {"entries", unreadable.size()}, {"first", unreadable.front().message()}});
}

}  // namespace

struct Ledger::Impl {
  std::shared_ptr<LedgerState> state;
};

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() { impl_->state->stop(); }

Result<std::unique_ptr<Ledger>> Ledger::open(asio::any_io_executor control, std::unique_ptr<Store> store,
                                             std::optional<spiffe::TrustDomain> own, Clock& clock, Log& log) {
  auto impl = std::make_unique<Impl>();
  impl->state = std::make_shared<LedgerState>(std::move(control), std::move(store), clock, log);
  if (const Status started = impl->state->start(std::move(own)); !started) return started.error();
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

trust::SnapshotPtr Ledger::current() const { return impl_->state->feed.current(); }
Feed& Ledger::feed() { return impl_->state->feed; }

bool Ledger::persisted(const spiffe::TrustDomain& trust_domain) const { return impl_->state->persisted(trust_domain); }

StoreHealth Ledger::health() const { return impl_->state->health(); }

const std::map<spiffe::TrustDomain, trust::RelationshipPtr>& Ledger::relationships() const {
  return impl_->state->registry.held().relationships;
}

const trust::RegistrationEntries& Ledger::entries() const { return impl_->state->registry.held().entries; }

bool Ledger::has_unreadable_relationship(const spiffe::TrustDomain& trust_domain) const {
  return impl_->state->registry.unreadable().contains(describe(RemoveRelationship{trust_domain}));
}

void Ledger::note(trust::HistoryEntry event) { impl_->state->note(std::move(event)); }

void Ledger::set_history_limits(const trust::HistoryLimits& limits) { impl_->state->set_history_limits(limits); }

asio::awaitable<Result<Applied>> Ledger::apply(spiffe::TrustDomain trust_domain, std::uint64_t expected_revision,
                                               std::optional<trust::BundleRecord> record,
                                               std::optional<trust::HistoryEntry> event) {
  const auto state = impl_->state;
  const Status good = check(*state, trust_domain, expected_revision, record, event);
  if (!good) co_return good.error();
  trust::RecordPtr next;
  if (record) {
    record->revision = expected_revision + 1;
    next = std::make_shared<const trust::BundleRecord>(std::move(*record));
  }
  Applied applied;
  if (!next && !state->backlog.holds_anything(trust_domain)) co_return applied;  // nothing to withdraw
  const auto waiter = state->accept(trust_domain, std::move(next), std::move(event));
  applied = co_await wait_for(state, waiter);
  co_return applied;
}

asio::awaitable<Result<std::vector<trust::HistoryEntryPtr>>> Ledger::history(spiffe::TrustDomain trust_domain,
                                                                             HistoryQuery query) {
  const auto state = impl_->state;
  // Taken before the read begins: what is written meanwhile is found in one of the two.
  const auto unwritten = state->journal.unwritten(trust_domain, query);
  const auto read = state->history->begin(trust_domain, query);
  HistoryWait wait(read);
  co_await wait.answer_or_deadline(state->clock);
  if (!read->found) co_return Error(Errc::store, "the store has not given the history within five seconds");
  Result<StoredHistory>& found = *read->found;
  if (!found) co_return found.error();
  log_unreadable(state->log, trust_domain, found->unreadable);
  co_return merge_history(std::move(found->entries), unwritten, query.limit);
}

asio::awaitable<Status> Ledger::write_registry(std::vector<RegistryChange> changes) {
  const auto state = impl_->state;
  for (auto& change : changes)
    if (const Status good = normalise(change); !good) co_return good.error();
  if (changes.empty()) co_return ok();
  const auto write = state->write_registry(std::move(changes));
  const Status outcome = co_await wait_for(state, write);
  co_return outcome;
}

}  // namespace entente::store
