// The inside of the ledger: the books, the writer, who waits for it, and how well the store does. Control thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/event.hpp"
#include "common/base/task.hpp"
#include "common/store/backlog.hpp"
#include "common/store/history_reader.hpp"
#include "common/store/journal.hpp"
#include "common/store/ledger.hpp"
#include "common/store/registry_writes.hpp"
#include "common/store/writer.hpp"

namespace entente::store {

// A caller of apply() that waits for the store's answer.
struct Waiter {
  Waiter(asio::any_io_executor executor, Numbered awaited)
      : change(std::move(awaited)), answered(std::move(executor)) {}
  Numbered change;
  Event answered;
  std::optional<bool> persisted;  // null until the store has answered
};

// Shared by the ledger and by callers that wait, who may outlast it.
class LedgerState : public std::enable_shared_from_this<LedgerState> {
 public:
  LedgerState(asio::any_io_executor control_executor, std::unique_ptr<Store> owned_store, Clock& the_clock,
              Log& the_log);

  // Loads the store and starts the writer.
  Status start(std::optional<spiffe::TrustDomain> own);
  // Ends the writer; one more try for what is unwritten.
  void stop();

  std::shared_ptr<Waiter> accept(const spiffe::TrustDomain& trust_domain, trust::RecordPtr record,
                                 std::optional<trust::HistoryEntry> event);
  void note(trust::HistoryEntry event);
  // The deadline has passed, or the caller goes: the change is in use from now on. Nothing if the store has answered.
  void give_up_waiting(const std::shared_ptr<Waiter>& waiter, bool deadline_passed);
  void set_history_limits(const trust::HistoryLimits& limits);
  std::shared_ptr<RegistryWrite> write_registry(std::vector<RegistryChange> changes);
  bool persisted(const spiffe::TrustDomain& trust_domain) const;
  StoreHealth health() const;

  asio::any_io_executor control;
  Clock& clock;
  Log& log;
  Feed feed;
  Backlog backlog;
  Journal journal;
  RegistryWrites registry;
  std::optional<HistoryReader> history;  // null before start() and after stop()

 private:
  void load(Loaded loaded, trust::Snapshot& snapshot);
  void load_unreadable(const Loaded& loaded);
  void record(trust::HistoryEntry event);
  Work take_work();
  void write();
  void written();
  void settle(const Outcomes& outcomes);
  void show(const std::vector<Numbered>& changes);
  void answer(const Settled& settled);
  void note_refused_bundles(const std::vector<Settled>& settled);
  void note_refused_events(const std::vector<Status>& outcomes);
  void note_recovery(bool was_refusing);
  bool refusing() const { return !refused_.empty() || events_refused_; }
  void retry_later();
  void report_losses();
  static asio::awaitable<void> retry(std::weak_ptr<LedgerState> state, Clock& clock);
  static asio::awaitable<void> prune_daily(std::weak_ptr<LedgerState> state, Clock& clock);

  std::unique_ptr<Store> store_;
  std::optional<Writer> writer_;
  std::optional<TaskGroup> tasks_;
  TaskGroup::Handle retry_task_, prune_task_;
  trust::HistoryLimits limits_;
  bool prune_due_ = false;
  bool retrying_ = false;
  bool writing_ = false;  // a batch is with the writer
  bool again_ = false;    // more was accepted since
  bool stopped_ = false;
  bool slow_ = false;  // the write under way has passed the deadline
  std::multimap<spiffe::TrustDomain, std::shared_ptr<Waiter>> waiters_;
  std::map<spiffe::TrustDomain, Error> refused_;  // what the store refused, and why
  bool events_refused_ = false;
  bool losing_ = false;  // history entries, since the store began to refuse
  std::size_t losses_reported_ = 0;
  std::optional<Error> last_error_;
  std::map<std::string, Error> unreadable_;
};

}  // namespace entente::store
