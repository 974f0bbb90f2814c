// What changes that come together cost the control thread.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "common/store/ledger.hpp"
#include "common/store/memory_store.hpp"
#include "tests/costs/allocations.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::test {
namespace {

class LedgerCost : public testing::Test {
 protected:
  // The first bundle of each of so many trust domains, all at once, until all are in use; the bytes allocated for it on
  // the control thread.
  std::uint64_t bytes_of_changes(std::size_t count) {
    asio::io_context io;
    const auto ledger = must(
        store::Ledger::open(io.get_executor(), std::make_unique<store::MemoryStore>(), domain("own.test"), clock, log));
    std::size_t applied = 0;
    for (std::size_t i = 0; i < count; ++i) {
      trust::BundleRecord record;
      record.bundle = std::make_shared<const spiffe::Bundle>(domain("peer" + std::to_string(i) + ".test"));
      const spiffe::TrustDomain name = record.trust_domain();
      asio::co_spawn(io, ledger->apply(name, 0, std::move(record), std::nullopt),
                     [&](std::exception_ptr failure, Result<store::Applied> result) {
                       if (!failure && result) ++applied;
                     });
    }
    const Allocations before = allocations_of_thread();
    run_until(io, [&] { return applied == count; });
    const Allocations made = allocations_of_thread() - before;
    EXPECT_EQ(ledger->current()->records.size(), count);
    return made.bytes;
  }

  FakeClock clock;
  Log log{LogLevel::error};
};

// A snapshot is copied for the batch and not for each of its changes: that would be 16 bytes for each trust domain and
// change.
TEST_F(LedgerCost, OfChangesThatComeTogetherGrowsWithTheirNumberAlone) {
  const std::uint64_t few = bytes_of_changes(100), many = bytes_of_changes(2000);

  EXPECT_GT(few, 0U);
  EXPECT_LE(many, 24 * few);
}

}  // namespace
}  // namespace entente::test
