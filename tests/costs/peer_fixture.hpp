// A syncer as the program puts it together, with its real fetcher and its store on disk, and peers that answer on
// loopback; the control thread's turns are counted, the peers' are not. Time alone is fake.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "common/spiffe/bundle_json.hpp"
#include "common/store/sqlite_store.hpp"
#include "syncer/fetch/https_fetcher.hpp"
#include "syncer/peer/syncer.hpp"
#include "tests/costs/turns.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"
#include "tests/syncer/support/tls_server.hpp"

namespace entente::test {

class PeerCost : public testing::Test {
 protected:
  // One peer's endpoint: answers 304 to who has its bundle.
  struct Peer {
    Peer(asio::io_context& io, const std::string& name, Time now)
        : authority(name, now), server(io, authority.web({"localhost"}, now + std::chrono::hours(20)), nullptr) {
      publish(1);
      server.behave(server.answer([this](const std::string& head) {
        return head.find("If-None-Match: " + etag + "\r\n") == std::string::npos
                   ? http_response("200 OK", body, "ETag: " + etag + "\r\n")
                   : http_response("304 Not Modified", "", "ETag: " + etag + "\r\n");
      }));
    }
    void publish(std::uint64_t sequence) {
      body = spiffe::write_bundle(authority.bundle(sequence, std::chrono::seconds(30)));
      etag = '"' + std::to_string(sequence) + '"';
    }
    std::size_t asked() const { return server.requests().size(); }

    TestAuthority authority;
    std::string body, etag;
    TlsServer server;
  };

  PeerCost() {
    policy.jitter = 0;
    ledger = must(store::Ledger::open(io.get_executor(), must(store::SqliteStore::open(folder / "entente.db")),
                                      domain("own.test"), clock, log));
    auto make = [this] { return syncer::make_https_fetcher(io.get_executor(), *resolver, clock, {}, roots); };
    syncer.emplace(
        syncer::SyncerParts{io.get_executor(), *ledger, clock, std::move(make), [] { return 0.5; }, metrics, log},
        policy);
  }
  ~PeerCost() override {
    run(io, syncer->stop());
    syncer.reset();
    ledger.reset();
  }

  // Federates with one more peer, or that many, and waits until the bundle of each is in use.
  void federate(int count = 1) {
    for (int i = 0; i < count; ++i) {
      const std::string name = "peer" + std::to_string(peers.size()) + ".test";
      Peer& peer = peers.emplace_back(far_io, name, clock.now());
      relationships.push_back(std::make_shared<const trust::Relationship>(
          trust::Relationship{domain(name),
                              {must(trust::EndpointUrl::parse(peer.server.url()))},
                              trust::HttpsWeb{peer.authority.roots()}}));
    }
    asio::co_spawn(io, syncer->set_relationships(relationships, policy), [](std::exception_ptr) {});
    Meter uncounted;
    until_polled(uncounted, 1);
  }

  // Until every peer was asked that often, and every loop sleeps again.
  void until_polled(Meter& meter, std::size_t times) {
    take_turns(far_io, io, meter, [&] {
      for (const Peer& peer : peers)
        if (peer.asked() < times) return false;
      const auto statuses = syncer->statuses();
      return statuses.size() == peers.size() && std::all_of(statuses.begin(), statuses.end(), [](const auto& status) {
               return status.attempts.next_attempt.has_value();
             });
    });
  }

  // That many further polls, one due time after the other.
  void poll(Meter& meter, std::size_t times) {
    const std::size_t before = peers.front().asked();
    for (std::size_t i = 1; i <= times; ++i) {
      clock.advance(clock.until_next());
      until_polled(meter, before + i);
    }
  }

  TempFolder folder;
  asio::io_context io, far_io;
  FakeClock clock{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  Log log{LogLevel::error};
  telemetry::Metrics metrics;
  trust::PollingPolicy policy;
  std::shared_ptr<tls::SystemRoots> roots = std::make_shared<tls::SystemRoots>();
  std::unique_ptr<syncer::Resolver> resolver = must(syncer::Resolver::create(io.get_executor(), {}));
  std::unique_ptr<store::Ledger> ledger;
  std::optional<syncer::Syncer> syncer;
  std::deque<Peer> peers;
  std::vector<trust::RelationshipPtr> relationships;
};

}  // namespace entente::test
