#include "common/store/ledger.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>

#include "common/store/ledger_state.hpp"

namespace entente::store {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr Duration visible_within = std::chrono::seconds(2);

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
             const std::optional<trust::BundleRecord>& record) {
  if (record && (!record->bundle || record->trust_domain() != trust_domain))
    return Error(Errc::internal, "ledger: the record put in use for " + trust_domain.name() + " is not its own");
  const std::uint64_t revision = state.backlog.revision(trust_domain);
  if (revision != expected_revision)
    return Error(Errc::conflict, "ledger: " + trust_domain.name() + " is at revision " + std::to_string(revision) +
                                     ", not " + std::to_string(expected_revision));
  return ok();
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

bool Ledger::persisted(const spiffe::TrustDomain& trust_domain) const {
  return impl_->state->backlog.persisted(trust_domain);
}

StoreHealth Ledger::health() const { return impl_->state->health(); }

asio::awaitable<Result<Applied>> Ledger::apply(spiffe::TrustDomain trust_domain, std::uint64_t expected_revision,
                                               std::optional<trust::BundleRecord> record) {
  const auto state = impl_->state;
  if (const Status good = check(*state, trust_domain, expected_revision, record); !good) co_return good.error();
  trust::RecordPtr next;
  if (record) {
    record->revision = expected_revision + 1;
    next = std::make_shared<const trust::BundleRecord>(std::move(*record));
  }
  Applied applied;
  if (!next && !state->backlog.holds_anything(trust_domain)) co_return applied;  // nothing to withdraw
  const auto waiter = state->accept(trust_domain, std::move(next));
  applied = co_await wait_for(state, waiter);
  co_return applied;
}

}  // namespace entente::store
