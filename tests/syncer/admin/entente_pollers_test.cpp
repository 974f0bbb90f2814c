// Who lags, by what the server's telemetry says.
#include "syncer/admin/entente_pollers.hpp"

#include <gmock/gmock.h>

#include "common/base/encoding.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using std::chrono::hours;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class LaggingTest : public testing::Test {
 protected:
  trust::HistoryEntryPtr entry(std::uint64_t number, Time at, const spiffe::Bundle& bundle) const {
    trust::HistoryEntry made(bundle.trust_domain, trust::HistoryAction::accepted);
    made.number = number;
    made.at = at;
    made.sequence = bundle.sequence;
    made.bundle = std::make_shared<const spiffe::Bundle>(bundle);
    return std::make_shared<const trust::HistoryEntry>(std::move(made));
  }
  static std::string etag(const spiffe::Bundle& bundle) {
    return hex_encode(crypto::sha256(as_bytes(spiffe::write_bundle(bundle))));
  }

  const Time now = FakeClock().now();
  const TestAuthority old_one{"own.test", now}, new_one{"own.test", now};
  const spiffe::Bundle before = old_one.bundle(1);
  const spiffe::Bundle both = [this] {
    spiffe::Bundle bundle = old_one.bundle(2);
    bundle.x509_authorities.push_back(new_one.certificate());
    return bundle;
  }();
  const std::vector<trust::HistoryEntryPtr> history = {entry(1, now - hours(48), before),
                                                       entry(2, now - hours(3), both)};
  const std::vector<std::string> wanted = {hex_encode(new_one.certificate().fingerprint())};
};

TEST_F(LaggingTest, IsWhoHasAskedLastBeforeTheAuthorityWasPublished) {
  const Pollers pollers{now,
                        0,
                        {{"192.0.2.1", now, etag(both), etag(both), 0},
                         {"192.0.2.2", now - hours(4), etag(before), etag(before), 0},
                         {"192.0.2.3", now, etag(before), etag(both), 0}}};

  const auto found = lagging(pollers, history, wanted, now);

  ASSERT_THAT(found, ElementsAre(Field(&LaggingPoller::address, "192.0.2.2")));
  EXPECT_EQ(found[0].sequence, 1U);
  EXPECT_EQ(found[0].behind, hours(3));
  EXPECT_EQ(found[0].reason, "has not asked since");
}

TEST_F(LaggingTest, IsWhoComesAgainWithoutWhatItWasGiven) {
  const Pollers pollers{now, 0, {{"192.0.2.1", now, etag(before), etag(both), 3}}};

  const auto found = lagging(pollers, history, wanted, now);

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].reason, "asked again with an older bundle");
}

TEST_F(LaggingTest, IsWhoHasSomethingUnknown) {
  const Pollers pollers{now, 0, {{"192.0.2.1", now, "", "abcd", 0}, {"192.0.2.2", now, "", "", 0}}};

  const auto found = lagging(pollers, history, wanted, now);

  EXPECT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].sequence, std::nullopt);
  EXPECT_EQ(found[0].behind, std::nullopt);
}

TEST_F(LaggingTest, IsEverybodyForAnAuthorityThatIsNotPublishedYet) {
  const Pollers pollers{now, 0, {{"192.0.2.1", now, etag(both), etag(both), 0}}};

  EXPECT_EQ(lagging(pollers, history, {"ffff"}, now).size(), 1U);
  EXPECT_THAT(lagging(pollers, history, wanted, now), IsEmpty());
}

TEST(PollersPage, IsReadAsTheServerWritesIt) {
  const auto pollers = parse_pollers(R"({"since": "2026-07-02T00:00:00Z", "etag": null, "published_at": null,
      "forgotten": 4, "clients": [{"address": "2001:db8::/64", "last_asked": "2026-07-02T00:04:00.250Z", "sent": null,
      "given": "two", "repeats": 2}]})");

  ASSERT_TRUE(pollers) << pollers.error().message();
  EXPECT_EQ(pollers->since, from_unix_seconds(1782950400));
  EXPECT_EQ(pollers->forgotten, 4U);
  ASSERT_EQ(pollers->clients.size(), 1U);
  EXPECT_EQ(pollers->clients[0].address, "2001:db8::/64");
  EXPECT_EQ(pollers->clients[0].sent, "");
  EXPECT_EQ(pollers->clients[0].given, "two");
  EXPECT_EQ(pollers->clients[0].repeats, 2U);
}

TEST(PollersPage, IsRefusedWhereItIsAnother) {
  for (const char* text :
       {"", "[]", "{}", "live\n", R"({"since": "yesterday", "forgotten": 0, "clients": []})",
        R"({"since": "2026-07-02T00:00:00Z", "forgotten": -1, "clients": []})",
        R"({"since": "2026-07-02T00:00:00Z", "forgotten": 0, "clients": {}})",
        R"({"since": "2026-07-02T00:00:00Z", "forgotten": 0, "clients": [1]})",
        R"({"since": "2026-07-02T00:00:00Z", "forgotten": 0, "clients": [{"address": 1}]})",
        R"({"since": "2026-07-02T00:00:00Z", "forgotten": 0, "clients": [{"address": "a", "last_asked": "x"}]})"}) {
    const auto pollers = parse_pollers(text);
    ASSERT_FALSE(pollers) << text;
    EXPECT_THAT(pollers.error().message(), HasSubstr("pollers"));
  }
}

}  // namespace
}  // namespace entente::syncer
