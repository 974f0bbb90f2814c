#include "tests/common/store/ledger_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>

namespace entente::test {
namespace {

boost::asio::awaitable<void> run_apply(store::Ledger& ledger, spiffe::TrustDomain trust_domain, std::uint64_t expected,
                                       std::optional<trust::BundleRecord> record, ApplyResult result) {
  *result = co_await ledger.apply(trust_domain, expected, std::move(record));
}

}  // namespace

LedgerTest::LedgerTest() = default;

LedgerTest::~LedgerTest() {
  control->release();
  ledger.reset();
}

void LedgerTest::open() {
  ledger = store::Ledger::open(io.get_executor(), std::make_unique<FlakyStore>(control), own, clock, log).value();
}

ApplyResult LedgerTest::spawn(const std::string& trust_domain, std::uint64_t expected,
                              std::optional<trust::BundleRecord> record) {
  auto result = std::make_shared<std::optional<Result<store::Applied>>>();
  auto task = run_apply(*ledger, domain(trust_domain), expected, std::move(record), result);
  auto ended = [](std::exception_ptr) {};
  boost::asio::co_spawn(io, std::move(task), boost::asio::bind_cancellation_slot(cancels.emplace_back().slot(), ended));
  io.poll();
  return result;
}

ApplyResult LedgerTest::begin(const BundleSpec& spec, std::uint64_t expected_revision) {
  return spawn(spec.trust_domain, expected_revision, fetched(make_bundle(spec), clock.now()));
}

ApplyResult LedgerTest::begin_withdrawal(const std::string& trust_domain, std::uint64_t expected_revision) {
  return spawn(trust_domain, expected_revision, std::nullopt);
}

Result<store::Applied> LedgerTest::finish(const ApplyResult& result) {
  if (!run_until([&] { return result->has_value(); })) return Error(Errc::timeout, "apply() did not complete");
  return **result;
}

bool LedgerTest::run_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io.run_one_for(std::chrono::milliseconds(50));
  }
  return true;
}

void LedgerTest::advance(Duration duration) {
  io.poll();
  clock.advance(duration);
  io.poll();
}

}  // namespace entente::test
