// A ledger on a flaky store and a clock that stands still, driven from the test's own thread.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>

#include "common/store/ledger.hpp"
#include "tests/common/store/flaky_store.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/fake_clock.hpp"

namespace entente::test {

// What a coroutine will have returned.
template <class T>
using Later = std::shared_ptr<std::optional<T>>;
using ApplyResult = Later<Result<store::Applied>>;
using History = std::vector<trust::HistoryEntryPtr>;

// Of the sequence alone: enough to be told apart.
trust::HistoryEntry event_of(const std::string& trust_domain, trust::HistoryAction action, std::uint64_t sequence = 0);
// The sequences of a history's entries, in their order, and their numbers.
std::vector<std::uint64_t> sequences(const History& history);
std::vector<std::uint64_t> numbers(const History& history);

trust::RelationshipPtr relationship_of(const std::string& trust_domain, const std::string& url);
trust::RegistrationEntry entry_of(const std::string& id, const std::string& path);

class LedgerTest : public testing::Test {
 protected:
  LedgerTest();
  ~LedgerTest() override;

  void open();
  void close() { ledger.reset(); }

  // Starts apply() and lets it come as far as it can without the store's answer.
  ApplyResult begin(const BundleSpec& spec, std::uint64_t expected_revision);
  ApplyResult begin_withdrawal(const std::string& trust_domain, std::uint64_t expected_revision);
  ApplyResult spawn(const std::string& trust_domain, std::uint64_t expected, std::optional<trust::BundleRecord> record,
                    std::optional<trust::HistoryEntry> event = std::nullopt);
  Later<Status> begin_registry(std::vector<store::RegistryChange> changes);
  Later<Result<History>> begin_history(const std::string& trust_domain, store::HistoryQuery query = {});
  // Waits (bounded) for the answer.
  template <class T>
  T finish(const Later<T>& later) {
    if (!run_until([&] { return later->has_value(); })) return Error(Errc::timeout, "the call did not complete");
    return **later;
  }
  History history(const std::string& trust_domain = "b.test", store::HistoryQuery query = {}) {
    return finish(begin_history(trust_domain, query)).value();
  }
  Result<store::Applied> apply(const BundleSpec& spec, std::uint64_t expected_revision) {
    return finish(begin(spec, expected_revision));
  }

  // Starts any of the ledger's coroutines; the last of `cancels` is its own.
  template <class T>
  Later<T> start(boost::asio::awaitable<T> task) {
    auto later = std::make_shared<std::optional<T>>();
    run(keep(std::move(task), later));
    return later;
  }

  // Runs the control thread until the condition holds; false after ten seconds.
  bool run_until(const std::function<bool()>& condition);
  void advance(Duration duration);

  trust::RecordPtr visible(const std::string& trust_domain = "b.test") const {
    return ledger->current()->find(domain(trust_domain));
  }
  std::size_t batches() const { return control->batches().size(); }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::list<boost::asio::cancellation_signal> cancels;  // one for each apply(), in order
  FakeClock clock;
  Log log{LogLevel::info};
  std::shared_ptr<StoreControl> control = std::make_shared<StoreControl>();
  std::optional<spiffe::TrustDomain> own;
  std::unique_ptr<store::Ledger> ledger;

 private:
  template <class T>
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<T> task, Later<T> later) {
    *later = co_await std::move(task);
  }
  void run(boost::asio::awaitable<void> task);
};

}  // namespace entente::test
