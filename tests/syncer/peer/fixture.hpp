// A syncer with everything around it faked: time, network, store.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "common/spiffe/bundle_json.hpp"
#include "common/store/memory_store.hpp"
#include "syncer/peer/syncer.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/fake_network.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::test {

// Forwards to a store that outlives the ledger, counts, and may refuse.
class WatchedStore final : public store::Store {
 public:
  struct State {
    store::MemoryStore store;
    std::atomic<int> writes = 0;
    std::atomic<bool> refusing = false;
  };
  explicit WatchedStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Result<store::Loaded> load() override { return state_->store.load(); }
  Status write(std::span<const store::Change> changes) override {
    if (state_->refusing) return Error(Errc::store, "disk full");
    ++state_->writes;
    return state_->store.write(changes);
  }

 private:
  std::shared_ptr<State> state_;
};

class SyncerTest : public testing::Test {
 protected:
  using List = std::vector<trust::RelationshipPtr>;

  static constexpr const char* url = "https://b.example/";

  SyncerTest() {
    policy.jitter = 0;
    open();
  }
  ~SyncerTest() override { close(); }

  // As if the process began; what the store holds stays.
  void open() {
    ledger = must(
        store::Ledger::open(io.get_executor(), std::make_unique<WatchedStore>(stored), domain("own.test"), clock, log));
    syncer::SyncerParts parts{io.get_executor(),         *ledger, clock, [this] { return network.make_fetcher(); },
                              [this] { return random; }, metrics, log};
    syncer.emplace(std::move(parts), policy);
  }
  void close() {
    if (syncer) run(io, syncer->stop());
    syncer.reset();
    ledger.reset();
  }

  trust::RelationshipPtr web(std::string_view trust_domain, std::string_view endpoint = url) const {
    return std::make_shared<trust::Relationship>(
        trust::Relationship{domain(trust_domain), must(trust::EndpointUrl::parse(endpoint)), trust::HttpsWeb{}, nullptr,
                            trust::SequenceRule::warn, trust::RelationshipSource::config});
  }
  trust::RelationshipPtr spiffe_profile(std::string_view trust_domain, std::string_view endpoint, std::string_view id,
                                        spiffe::BundlePtr bootstrap) const {
    trust::Relationship relationship = *web(trust_domain, endpoint);
    relationship.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse(id))};
    relationship.bootstrap_bundle = std::move(bootstrap);
    return std::make_shared<trust::Relationship>(std::move(relationship));
  }

  void set(List relationships) { run(io, syncer->set_relationships(std::move(relationships), policy)); }

  template <class Condition>
  void until(Condition condition) {
    run_until(io, condition);
  }
  // Until that many polls of the endpoint have come to their ends, and the loop sleeps again.
  void until_polled(std::string_view trust_domain, std::size_t times, const std::string& endpoint = url) {
    until([&] {
      const auto now = syncer->status(domain(trust_domain));
      return network.at(endpoint).requests().size() >= times && now && now->attempts.next_attempt;
    });
  }
  // Lets everything happen that is ready to.
  void turn() {
    io.restart();
    while (io.poll() > 0) {
    }
  }
  void advance(Duration duration) {
    turn();
    clock.advance(duration);
    turn();
  }

  trust::RelationshipStatus status(std::string_view trust_domain) const {
    return syncer->status(domain(trust_domain)).value();
  }
  trust::RecordPtr held(std::string_view trust_domain) const { return ledger->current()->find(domain(trust_domain)); }
  std::size_t requests(const std::string& endpoint = url) { return network.at(endpoint).requests().size(); }

  static std::string document(const spiffe::Bundle& bundle) { return spiffe::write_bundle(bundle); }

  asio::io_context io;
  FakeClock clock;
  Log log{LogLevel::error};
  telemetry::Metrics metrics;
  FakeNetwork network{clock};
  std::shared_ptr<WatchedStore::State> stored = std::make_shared<WatchedStore::State>();
  trust::PollingPolicy policy;
  double random = 0;
  std::unique_ptr<store::Ledger> ledger;
  std::optional<syncer::Syncer> syncer;
  TestAuthority b{"b.test", clock.now()};
  TestAuthority b_next{"b.test", clock.now()};
};

}  // namespace entente::test
