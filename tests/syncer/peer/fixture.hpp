// A syncer with everything around it faked: time, network, store.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "common/spiffe/bundle_json.hpp"
#include "syncer/peer/operator.hpp"
#include "syncer/peer/syncer.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/fake_network.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"
#include "tests/syncer/support/watched_store.hpp"

namespace entente::test {

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
    operators.emplace(*ledger, clock, log, &metrics);
  }
  void close() {
    if (syncer) run(io, syncer->stop());
    operators.reset();
    syncer.reset();
    ledger.reset();
  }

  static trust::RelationshipPtr share(trust::Relationship relationship) {
    return std::make_shared<const trust::Relationship>(std::move(relationship));
  }
  // By https_web, from the first URL that serves.
  static trust::Relationship definition(std::string_view trust_domain, const std::vector<std::string>& endpoints) {
    std::vector<trust::EndpointUrl> urls;
    for (const std::string& endpoint : endpoints) urls.push_back(must(trust::EndpointUrl::parse(endpoint)));
    return trust::Relationship{domain(trust_domain), std::move(urls), trust::HttpsWeb{}, nullptr};
  }
  static trust::RelationshipPtr web(std::string_view trust_domain, const std::string& endpoint = url) {
    return share(definition(trust_domain, {endpoint}));
  }
  static trust::RelationshipPtr spiffe_profile(std::string_view trust_domain, const std::string& endpoint,
                                               std::string_view id, spiffe::BundlePtr bootstrap) {
    trust::Relationship relationship = definition(trust_domain, {endpoint});
    relationship.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse(id))};
    relationship.bootstrap_bundle = std::move(bootstrap);
    return share(std::move(relationship));
  }
  static trust::RelationshipPtr with_policy(std::string_view trust_domain, trust::ChangePolicy policy) {
    trust::Relationship relationship = definition(trust_domain, {url});
    relationship.policy = policy;
    return share(std::move(relationship));
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
  // What `act` does, and until b.test was polled once more.
  template <class Act>
  void until_polled_by(Act act) {
    const std::size_t before = requests();
    act();
    until_polled("b.test", before + 1);
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
  // What is in use of it.
  trust::RecordPtr held(std::string_view trust_domain) const { return ledger->current()->find(domain(trust_domain)); }
  // What waits for approval; null: nothing.
  spiffe::BundlePtr waiting(std::string_view trust_domain) const {
    const trust::RecordPtr record = ledger->current()->find_any(domain(trust_domain));
    return record && record->held ? record->held->bundle : nullptr;
  }
  bool uses(std::string_view trust_domain, const spiffe::Bundle& bundle) const {
    const trust::RecordPtr record = held(trust_domain);
    return record && spiffe::same_authorities(*record->bundle, bundle);
  }
  std::vector<trust::HistoryEntryPtr> history(std::string_view trust_domain) {
    return must(run(io, ledger->history(domain(trust_domain), {})));
  }
  // "accepted held approved".
  std::string actions(std::string_view trust_domain) {
    std::string text;
    for (const auto& entry : history(trust_domain))
      text += (text.empty() ? "" : " ") + std::string(trust::to_string(entry->action));
    return text;
  }
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
  std::optional<syncer::Operator> operators;
  const trust::Actor actor{1000, "entente federation"};
  TestAuthority b{"b.test", clock.now()};
  TestAuthority b_next{"b.test", clock.now()};
};

}  // namespace entente::test
