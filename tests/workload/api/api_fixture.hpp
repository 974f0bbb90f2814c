// A Workload API on a socket of the test's own, with a feed, identities and a clock to play with.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/client/workload_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/workload/support/fake_identities.hpp"
#include "tests/workload/support/snapshots.hpp"
#include "workload/api/workload_api.hpp"

namespace entente::test {

inline constexpr Duration soon = std::chrono::seconds(20);

class ApiFixture : public testing::Test {
 protected:
  ApiFixture() { ::chmod(folder.path().c_str(), 0755); }

  std::filesystem::path socket() const { return folder / "workload.sock"; }
  std::string target() const { return "unix:" + socket().string(); }

  // With the own domain a.test and the peers b.test and c.test in the feed.
  void start(bool with_issuer = true, bool allow_verifiers = false) {
    feed.publish(snapshot_of(a.trust_domain(), {a.bundle(), b.bundle(), c.bundle()}));
    start_server(with_issuer, allow_verifiers);
  }
  void start_server(bool with_issuer = true, bool allow_verifiers = false) {
    options.socket = socket();
    options.allow_unauthenticated_verifiers = allow_verifiers;
    auto started =
        workload::WorkloadApi::start(options, feed, with_issuer ? &identities : nullptr, clock, metrics, log);
    ASSERT_TRUE(started) << started.error().message();
    api = *std::move(started);
  }
  // This process gets spiffe://a.test/web, federated with everyone.
  void entitle_self() { identities.set({{own_uid_selector(), web, std::nullopt}}); }

  TempFolder folder;
  Log log{LogLevel::error};
  FakeClock clock;
  telemetry::Metrics metrics;
  store::Feed feed;
  FakeDomain a{"a.test", clock.now()}, b{"b.test", clock.now()}, c{"c.test", clock.now()};
  FakeIdentities identities{a};
  spiffe::X509SvidPtr web = a.svid("/web"), db = a.svid("/db", "internal");
  workload::WorkloadApiOptions options;
  std::unique_ptr<workload::WorkloadApi> api;
};

}  // namespace entente::test
