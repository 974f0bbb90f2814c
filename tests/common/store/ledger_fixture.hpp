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

using ApplyResult = std::shared_ptr<std::optional<Result<store::Applied>>>;

class LedgerTest : public testing::Test {
 protected:
  LedgerTest();
  ~LedgerTest() override;

  void open();
  void close() { ledger.reset(); }

  // Starts apply() and lets it come as far as it can without the store's answer.
  ApplyResult begin(const BundleSpec& spec, std::uint64_t expected_revision);
  ApplyResult begin_withdrawal(const std::string& trust_domain, std::uint64_t expected_revision);
  ApplyResult spawn(const std::string& trust_domain, std::uint64_t expected, std::optional<trust::BundleRecord> record);
  // Waits (bounded) for the answer.
  Result<store::Applied> finish(const ApplyResult& result);
  Result<store::Applied> apply(const BundleSpec& spec, std::uint64_t expected_revision) {
    return finish(begin(spec, expected_revision));
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
};

}  // namespace entente::test
