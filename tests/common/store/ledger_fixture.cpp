#include "tests/common/store/ledger_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>

namespace entente::test {

trust::HistoryEntry event_of(const std::string& trust_domain, trust::HistoryAction action, std::uint64_t sequence) {
  trust::HistoryEntry event(domain(trust_domain), action);
  event.sequence = sequence;
  return event;
}

std::vector<std::uint64_t> sequences(const History& history) {
  std::vector<std::uint64_t> found;
  for (const auto& entry : history) found.push_back(entry->sequence.value());
  return found;
}

std::vector<std::uint64_t> numbers(const History& history) {
  std::vector<std::uint64_t> found;
  for (const auto& entry : history) found.push_back(entry->number);
  return found;
}

trust::RelationshipPtr relationship_of(const std::string& trust_domain, const std::string& url) {
  trust::Relationship made{domain(trust_domain), {trust::EndpointUrl::parse(url).value()}, trust::HttpsWeb(), nullptr};
  made.source = trust::RelationshipSource::api;
  return std::make_shared<const trust::Relationship>(std::move(made));
}

trust::RegistrationEntry entry_of(const std::string& id, const std::string& path) {
  return {id,
          spiffe::SpiffeId::parse("spiffe://a.test" + path).value(),
          {trust::Selector::parse("unix:uid:1000").value()},
          {},
          {},
          {},
          {},
          {}};
}

LedgerTest::LedgerTest() = default;

LedgerTest::~LedgerTest() {
  control->release();
  ledger.reset();
}

void LedgerTest::open() {
  ledger = store::Ledger::open(io.get_executor(), std::make_unique<FlakyStore>(control), own, clock, log).value();
}

void LedgerTest::run(boost::asio::awaitable<void> task) {
  auto ended = [](std::exception_ptr) {};
  boost::asio::co_spawn(io, std::move(task), boost::asio::bind_cancellation_slot(cancels.emplace_back().slot(), ended));
  io.poll();
}

ApplyResult LedgerTest::spawn(const std::string& trust_domain, std::uint64_t expected,
                              std::optional<trust::BundleRecord> record, std::optional<trust::HistoryEntry> event) {
  return start(ledger->apply(domain(trust_domain), expected, std::move(record), std::move(event)));
}

Later<Status> LedgerTest::begin_registry(std::vector<store::RegistryChange> changes) {
  return start(ledger->write_registry(std::move(changes)));
}

Later<Result<History>> LedgerTest::begin_history(const std::string& trust_domain, store::HistoryQuery query) {
  return start(ledger->history(domain(trust_domain), query));
}

ApplyResult LedgerTest::begin(const BundleSpec& spec, std::uint64_t expected_revision) {
  return spawn(spec.trust_domain, expected_revision, fetched(make_bundle(spec), clock.now()));
}

ApplyResult LedgerTest::begin_withdrawal(const std::string& trust_domain, std::uint64_t expected_revision) {
  return spawn(trust_domain, expected_revision, std::nullopt);
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
