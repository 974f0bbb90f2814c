// Registration entries: what is refused, and what their IDs promise.
#include <gmock/gmock.h>

#include "tests/common/config/config_support.hpp"

namespace entente::config::test {
namespace {

const std::string web = "  - spiffe_id: spiffe://a.test/web\n    selectors: [\"unix:uid:1000\"]\n";
const std::string db = "  - spiffe_id: spiffe://a.test/db\n    selectors: [\"unix:gid:5\", \"unix:uid:7\"]\n";

TEST(ConfigEntries, ReportsWhatIsWrongWithThem) {
  const auto entry = [](const std::string& rest) { return "entries:\n" + web + rest; };
  const std::string selectors = "entries:\n  - spiffe_id: spiffe://a.test/web\n    selectors: ";
  expect_each_after_good_start({
      {"entries:\n  - selectors: [\"unix:uid:1\"]\n", {5, 5, "spiffe_id is missing"}},
      {"entries:\n  - spiffe_id: spiffe://a.test\n    selectors: [\"unix:uid:1\"]\n", {5, 16, "has no path"}},
      {"entries:\n  - spiffe_id: spiffe://A.test/w\n    selectors: [\"unix:uid:1\"]\n", {5, 16, "spiffe_id"}},
      {"entries:\n  - spiffe_id: spiffe://a.test/web\n", {5, 5, "selectors is missing"}},
      {selectors + "unix:uid:1\n", {6, 16, "expected a list"}},
      {selectors + "[\"unix:uid:1\", \"unix:uid:x\"]\n", {6, 31, "entries[0].selectors[1]"}},
      {selectors + "[\"unix:shoe:1\"]\n", {6, 17, "shoe"}},
      {selectors + "[\"k8s:ns:default\"]\n", {6, 17, "only unix selectors"}},
      {entry("    dns_names: [web..example]\n"), {7, 17, "a DNS name"}},
      {entry("    dns_names: [192.0.2.1]\n"), {7, 17, "a DNS name"}},
      {entry("    dns_names: [a.example, a.example]\n"), {7, 28, "twice"}},
      {entry("    federates_with: [a.test]\n"), {7, 22, "always included"}},
      {entry("    hint: " + std::string(1025, 'x') + "\n"), {7, 11, "at most 1024 bytes"}},
      {entry("    admin: true\n"), {7, 5, "unknown key \"admin\""}},
      {entry(web), {7, 5, "as in line 5"}},
      {"workload_api: {listen: unix:///w}\n" + selectors + "[\"unix:path:/bin/web\"]\n",
       {7, 17, "discover_path: true"}},
  });
}

TEST(ConfigEntries, BelongToTheIssuerAlone) {
  expect_each({{"trust_domain: a.test\ndata_dir: d\nlocal: {file: {path: b}}\nentries:\n" + web,
                {4, 1, "only the embedded issuer"}}});
}

TEST(ConfigEntries, MustNameTheirPeersOnceThereAreAThousand) {
  const ConfigFolder folder;
  const auto with_peers = [&](int count, const std::string& rest) {
    std::string text = good_start + "entries:\n" + web + rest + "federation:\n";
    for (int i = 0; i < count; ++i)
      text += "  - {trust_domain: p" + std::to_string(i) + ".test, endpoint_url: https://p/, https_web: {}}\n";
    return text;
  };

  EXPECT_THAT(folder.mistakes(with_peers(999, "")), testing::IsEmpty());
  EXPECT_THAT(folder.mistakes(with_peers(1000, "    federates_with: [p7.test]\n")), testing::IsEmpty());
  expect_mistakes(folder.mistakes(with_peers(1000, "")), {{5, 5, "federates_with is missing"}});
}

TEST(ConfigEntries, KeepTheirIdsWhereverTheyStandAndWhateverElseChanges) {
  const ConfigFolder folder;

  const auto before = folder.config(good_start + "entries:\n" + web + db).entries;
  const auto after = folder
                         .config(good_start + "entries:\n" +
                                 replaced(db, "[\"unix:gid:5\", \"unix:uid:7\"]", "[\"unix:uid:7\", \"unix:gid:5\"]") +
                                 "    x509_svid_ttl: 5m\n" + web)
                         .entries;

  ASSERT_EQ(before.size(), 2U);
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(before[0], after[1]);
  EXPECT_EQ(before[1].id, after[0].id);
  EXPECT_NE(before[0].id, before[1].id);
  EXPECT_THAT(before[0].id, testing::MatchesRegex("config-[0-9a-f]{16}"));
}

TEST(ConfigEntries, GetAnotherIdWithAnotherIdentityOrOtherCallers) {
  const ConfigFolder folder;
  const auto id_of = [&](const std::string& entry) {
    return folder.config(good_start + "entries:\n" + entry).entries.at(0).id;
  };

  EXPECT_NE(id_of(web), id_of(replaced(web, "/web", "/web2")));
  EXPECT_NE(id_of(web), id_of(replaced(web, "1000", "1001")));
  EXPECT_NE(id_of(web), id_of(web + "    hint: internal\n"));
}

TEST(ConfigEntries, TellNoPeersFromAllPeers) {
  const ConfigFolder folder;

  EXPECT_EQ(folder.config(good_start + "entries:\n" + web).entries[0].federates_with, std::nullopt);
  const auto made_by_api = folder.config(good_start + "entries:\n" + web + "    federates_with: [b.test]\n").entries[0];
  EXPECT_EQ(made_by_api.federates_with->size(), 1U);
  const auto none = folder.config(good_start + "entries:\n" + web + "    federates_with: []\n").entries[0];
  ASSERT_TRUE(none.federates_with);
  EXPECT_TRUE(none.federates_with->empty());
}

}  // namespace
}  // namespace entente::config::test
