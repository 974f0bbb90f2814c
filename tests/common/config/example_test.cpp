// The examples that people copy from, and the defaults they rely on.
#include <gmock/gmock.h>

#include "tests/common/config/config_support.hpp"

namespace entente::config::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The documented example; `run_as` is a user of this system.
std::string documented() {
  return R"(trust_domain: a.test                    # (1) required, but with local.none
data_dir: /var/lib/entente              # (1) keys and embedded store
log: {level: info, format: text}

store:                                  # one of; default sqlite in data_dir
  sqlite: {path: entente.db}            # (1)
  # memory: {}                          # (1) for tests and throwaway set-ups

local:
  issuer:
    ca_ttl: 24h
    x509_svid_ttl: 1h
    jwt_svid_ttl: 5m
    key_type: ec-p256

bundle_endpoint:
  listen: "0.0.0.0:8443"
  path: /
  refresh_hint: 5m
  publish_dir: /var/lib/entente-public
  https_spiffe:
    spiffe_id: "spiffe://a.test/entente"
    run_as: )" +
         current_user() + R"(
  limits: {connections: 20000, connections_per_address: 200, request_timeout: 10s, idle_timeout: 120s}

server: {state_dir: /var/lib/entente-server, telemetry: "127.0.0.1:9989"}

workload_api:
  listen: unix:///run/entente/workload.sock
  allow_unauthenticated_verifiers: true
  discover_path: false
admin:
  listen: unix:///run/entente/admin.sock
telemetry:
  listen: "127.0.0.1:9988"

polling: {floor: 30s, ceiling: 24h, no_hint: 5m, jitter: 0.1, timeout: 10s, body_limit: 8MiB}

federation:
  - trust_domain: b.test
    endpoint_url: https://b.example:8443/
    https_spiffe: {endpoint_spiffe_id: "spiffe://b.test/entente"}
    bootstrap_bundle: b.json
    policy: accept
  - trust_domain: c.test
    endpoint_url: https://c.example/bundle
    https_web: {roots: company-ca.pem}
  - trust_domain: d.test
    endpoint_urls: [https://d.example/bundle, https://backup.d.example/bundle]
    https_web: {pins: [sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]}
    policy: approve
    sequence: strict
    allow_private_redirects: true

entries:
  - spiffe_id: spiffe://a.test/web
    selectors: ["unix:uid:1000"]
    x509_svid_ttl: 30m
    dns_names: [web.a.example]
    federates_with: [b.test]
    hint: internal
)";
}

TEST(ConfigExample, OfTheDocumentationIsReadIntoItsValues) {
  const ConfigFolder folder;

  const Config config = folder.config(documented());

  EXPECT_EQ(config.file, folder.path("entente.yaml"));
  EXPECT_EQ(config.trust_domain->name(), "a.test");
  EXPECT_EQ(config.data_dir, "/var/lib/entente");
  EXPECT_EQ(config.log, LogConfig());
  EXPECT_EQ(config.store, StoreConfig(SqliteConfig{"/var/lib/entente/entente.db"}));
  EXPECT_EQ(config.local, LocalConfig(IssuerConfig{hours(24), hours(1), minutes(5), crypto::KeyType::ec_p256}));
  EXPECT_EQ(config.server, (ServerConfig{"/var/lib/entente-server", "127.0.0.1:9989"}));
  EXPECT_EQ(config.workload_api, (WorkloadApiConfig{"/run/entente/workload.sock", true, false}));
  EXPECT_EQ(config.admin, (AdminConfig{"/run/entente/admin.sock", ""}));
  EXPECT_EQ(config.telemetry, "127.0.0.1:9988");
  EXPECT_EQ(config.polling, trust::PollingPolicy());
}

TEST(ConfigExample, OfTheDocumentationServesWithAnSvidOfItsOwnWorkloadApi) {
  const ConfigFolder folder;

  const BundleEndpointConfig endpoint = *folder.config(documented()).bundle_endpoint;

  EXPECT_EQ(endpoint.listen, "0.0.0.0:8443");
  EXPECT_EQ(endpoint.path, "/");
  EXPECT_EQ(endpoint.refresh_hint, seconds(300));
  EXPECT_EQ(endpoint.publish_dir, "/var/lib/entente-public");
  EXPECT_EQ(endpoint.limits, LimitsConfig());
  const auto& profile = std::get<HttpsSpiffeServing>(endpoint.profile);
  EXPECT_EQ(profile.spiffe_id.str(), "spiffe://a.test/entente");
  EXPECT_EQ(profile.run_as, current_user());
  EXPECT_EQ(std::get<std::string>(profile.svid), "unix:///run/entente/workload.sock");
}

// FC-1, FC-2, FC-7
TEST(ConfigExample, OfTheDocumentationFollowsPeersOfEachProfile) {
  const ConfigFolder folder;

  const auto federation = folder.config(documented()).federation;

  ASSERT_EQ(federation.size(), 3U);
  EXPECT_EQ(federation[0]->trust_domain.name(), "b.test");
  EXPECT_EQ(federation[0]->endpoint_url().str(), "https://b.example:8443/");
  EXPECT_EQ(std::get<trust::HttpsSpiffe>(federation[0]->profile).endpoint_spiffe_id.str(), "spiffe://b.test/entente");
  ASSERT_NE(federation[0]->bootstrap_bundle, nullptr);
  EXPECT_EQ(federation[0]->bootstrap_bundle->x509_authorities.size(), 1U);
  EXPECT_EQ(federation[0]->bootstrap_bundle->sequence, 7U);
  EXPECT_EQ(federation[0]->sequence, trust::SequenceRule::warn);
  EXPECT_EQ(federation[1]->trust_domain.name(), "c.test");
  EXPECT_EQ(federation[1]->bootstrap_bundle, nullptr);
  const auto roots = std::get<trust::HttpsWeb>(federation[1]->profile).roots;
  ASSERT_NE(roots, nullptr);
  ASSERT_EQ(roots->size(), 1U);
  EXPECT_EQ(roots->front().subject(), "CN=Company CA");
}

TEST(ConfigExample, OfTheDocumentationSaysHowMuchAPeerIsTrusted) {
  const ConfigFolder folder;

  const auto federation = folder.config(documented()).federation;

  EXPECT_EQ(federation[0]->policy, trust::ChangePolicy::accept);
  EXPECT_EQ(federation[1]->policy, std::nullopt);
  EXPECT_FALSE(federation[1]->allow_private_redirects);
  EXPECT_THAT(std::get<trust::HttpsWeb>(federation[1]->profile).pins, testing::IsEmpty());
  const trust::Relationship& guarded = *federation[2];
  ASSERT_EQ(guarded.endpoint_urls.size(), 2U);
  EXPECT_EQ(guarded.endpoint_url().str(), "https://d.example/bundle");
  EXPECT_EQ(guarded.endpoint_urls[1].str(), "https://backup.d.example/bundle");
  const auto& pins = std::get<trust::HttpsWeb>(guarded.profile).pins;
  ASSERT_EQ(pins.size(), 1U);
  EXPECT_EQ(pins[0].str(), "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(guarded.policy, trust::ChangePolicy::approve);
  EXPECT_EQ(guarded.sequence, trust::SequenceRule::strict);
  EXPECT_TRUE(guarded.allow_private_redirects);
}

TEST(ConfigExample, OfTheDocumentationHasOneEntry) {
  const ConfigFolder folder;

  const auto entries = folder.config(documented()).entries;

  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].spiffe_id.str(), "spiffe://a.test/web");
  ASSERT_EQ(entries[0].selectors.size(), 1U);
  EXPECT_EQ(entries[0].selectors[0].str(), "unix:uid:1000");
  EXPECT_EQ(entries[0].x509_svid_ttl, minutes(30));
  EXPECT_EQ(entries[0].jwt_svid_ttl, std::nullopt);
  EXPECT_THAT(entries[0].dns_names, testing::ElementsAre("web.a.example"));
  ASSERT_EQ(entries[0].federates_with->size(), 1U);
  EXPECT_EQ(entries[0].federates_with->front().name(), "b.test");
  EXPECT_EQ(entries[0].hint, "internal");
}

// The reference example, with a user of this system.
std::string reference() {
  return replaced(read_whole(ENTENTE_EXAMPLE), "run_as: entente-server", "run_as: " + current_user());
}

TEST(ConfigExample, OfReferenceIsAGoodConfigurationWithTheDefaultsItNames) {
  const ConfigFolder folder;

  const Config config = folder.config(reference());

  EXPECT_EQ(config.log, LogConfig());
  EXPECT_EQ(config.local, LocalConfig(IssuerConfig()));
  EXPECT_EQ(config.polling, trust::PollingPolicy());
  EXPECT_EQ(config.bundle_endpoint->limits, LimitsConfig());
  EXPECT_EQ(config.change_policy, trust::ChangePolicy::accept);
  EXPECT_EQ(config.history, trust::HistoryLimits());
  EXPECT_EQ(config.federation.size(), 2U);
  EXPECT_THAT(config.push, testing::ElementsAre(PushTargetConfig(SpireServerPush{"/run/spire/server.sock"}),
                                                PushTargetConfig(FilePush{"/var/lib/entente-bundles"})));
  EXPECT_EQ(config.entries.size(), 1U);
}

// The text with the first way taken out and the second, which stands there as a comment, put in.
std::string instead(const std::string& first, const std::string& second) {
  return replaced(replaced(reference(), "# " + second, second), first, "");
}

TEST(ConfigExample, OfReferenceStaysGoodWithEachOfItsAlternatives) {
  const ConfigFolder folder;

  EXPECT_EQ(folder.config(instead("sqlite: {path: entente.db}", "memory: {}")).store, StoreConfig(MemoryConfig()));
  EXPECT_EQ(folder.config(replaced(reference(), "# group: adm", "group: root")).admin->group, "root");
  const auto serving = [&](const std::string& text) {
    return std::get<HttpsSpiffeServing>(folder.config(text).bundle_endpoint->profile).svid;
  };
  EXPECT_EQ(serving(replaced(reference(), "# workload_api: unix", "workload_api: unix")),
            (std::variant<std::string, KeyPairFiles>("unix:///run/spire/agent.sock")));
  EXPECT_EQ(serving(replaced(reference(), "# svid: {", "svid: {")),
            (std::variant<std::string, KeyPairFiles>(KeyPairFiles{folder.path("svid.pem"), folder.path("svid.key")})));
}

TEST(ConfigExample, OfReferenceStaysGoodWithItsOtherSourcesAndProfile) {
  const ConfigFolder folder;
  // What only the issuer has goes with it.
  std::string text = reference();
  text.resize(text.find("# The identities that the embedded issuer gives"));
  const auto from = text.find("  issuer: "), to = text.find("  # file: ");
  text.erase(from, to - from);
  const auto profile = text.find("  https_spiffe:   "), next = text.find("  # https_web: {");
  text.erase(profile, next - profile);
  text = replaced(text, "# https_web: {", "https_web: {");

  const Config file = folder.config(replaced(text, "# file: {", "file: {"));

  EXPECT_EQ(file.local, LocalConfig(FileSourceConfig{folder.path("bundle.json"), BundleFileFormat::spiffe}));
  EXPECT_EQ(file.bundle_endpoint->profile,
            ServingProfile(KeyPairFiles{folder.path("tls.pem"), folder.path("tls.key")}));
  EXPECT_EQ(folder.config(replaced(text, "# spire_server: {address", "spire_server: {address")).local,
            LocalConfig(SpireServerSourceConfig{"/run/spire/server.sock"}));
  EXPECT_EQ(
      folder.config(replaced(text, "# workload_api: {address", "workload_api: {address")).local,
      LocalConfig(WorkloadApiSourceConfig{"/run/spire/agent.sock", DelegatedConfig{"/run/spire-admin/admin.sock"}}));
  const auto none = folder.mistakes(replaced(text, "# none: {}", "none: {}"));
  ASSERT_EQ(none.size(), 1U) << describe("FILE", none);
  EXPECT_THAT(none[0].message, testing::HasSubstr("no bundle to serve"));
}

TEST(ConfigDefaults, AreFilledIn) {
  const ConfigFolder folder;

  const Config config = folder.config(good_start);

  EXPECT_EQ(config.data_dir, folder.path("data"));
  EXPECT_EQ(config.store, StoreConfig(SqliteConfig{folder.path("data/entente.db")}));
  EXPECT_EQ(config.local, LocalConfig(IssuerConfig()));
  EXPECT_EQ(config.bundle_endpoint, std::nullopt);
  EXPECT_EQ(config.workload_api, std::nullopt);
  EXPECT_EQ(config.admin, std::nullopt);
  EXPECT_EQ(config.telemetry, "");
  EXPECT_EQ(config.change_policy, trust::ChangePolicy::accept);
  EXPECT_EQ(config.history, trust::HistoryLimits());
  EXPECT_TRUE(config.federation.empty());
  EXPECT_TRUE(config.push.empty());
  EXPECT_TRUE(config.entries.empty());
}

TEST(ConfigDefaults, ForPoliciesAndHistoryGiveWayToTheFile) {
  const ConfigFolder folder;

  const Config config = folder.config(good_start + "change_policy: overlap\nhistory: {entries: 1, age: 1h}\n");

  EXPECT_EQ(config.change_policy, trust::ChangePolicy::overlap);
  EXPECT_EQ(config.history, (trust::HistoryLimits{1, hours(1)}));
}

TEST(ConfigDefaults, ShrinkWithAShortLivedAuthority) {
  const ConfigFolder folder;

  const Config config = folder.config("trust_domain: a.test\ndata_dir: d\nlocal: {issuer: {ca_ttl: 61s}}\n");

  EXPECT_EQ(config.local, LocalConfig(IssuerConfig{seconds(61), seconds(30), seconds(30)}));
}

TEST(ConfigDefaults, LetStrangersValidateOnlyWhereThereIsNoIssuer) {
  const ConfigFolder folder;
  const std::string api = "workload_api: {listen: unix:///w.sock}\n";

  EXPECT_FALSE(folder.config(good_start + api).workload_api->allow_unauthenticated_verifiers);
  EXPECT_TRUE(folder.config("data_dir: d\nlocal: {none: {}}\n" + api).workload_api->allow_unauthenticated_verifiers);
  const std::string agent = "trust_domain: a.test\ndata_dir: d\nlocal: {workload_api: {address: unix:///a}}\n";
  const std::string delegation = replaced(agent, "unix:///a}", "unix:///a, delegated: {address: unix:///b}}");
  EXPECT_TRUE(folder.config(agent + api).workload_api->allow_unauthenticated_verifiers);
  EXPECT_FALSE(folder.config(delegation + api).workload_api->allow_unauthenticated_verifiers);
  EXPECT_TRUE(folder.config("trust_domain: a.test\ndata_dir: d\nlocal: {file: {path: b}}\n" + api)
                  .workload_api->allow_unauthenticated_verifiers);
}

TEST(ConfigDefaults, TakeTheEndpointsSvidFromTheAgentThatTheBundleIsOf) {
  const ConfigFolder folder;
  const std::string text =
      "trust_domain: a.test\ndata_dir: d\nlocal: {workload_api: {address: unix:///agent.sock}}\n"
      "bundle_endpoint:\n  listen: \"[::]:1\"\n  https_spiffe: {spiffe_id: spiffe://a.test/e}\n";
  const auto svid = [](const Config& config) {
    return std::get<std::string>(std::get<HttpsSpiffeServing>(config.bundle_endpoint->profile).svid);
  };

  EXPECT_EQ(svid(folder.config(text)), "unix:///agent.sock");
  EXPECT_EQ(svid(folder.config(text + "workload_api: {listen: unix:///w.sock}\n")), "unix:///agent.sock");
  EXPECT_EQ(svid(folder.config(replaced(text, "/e}", "/e, workload_api: unix:///other.sock}"))), "unix:///other.sock");
}

TEST(ConfigDefaults, GiveAHostWithoutADomainNoneEvenIfItNamesOne) {
  const ConfigFolder folder;
  const std::string own = "federation:\n  - {trust_domain: a.test, endpoint_url: https://a/, https_web: }\n";

  EXPECT_EQ(folder.config("data_dir: d\nlocal:\n  none:\n").trust_domain, std::nullopt);
  const Config named = folder.config("trust_domain: a.test\ndata_dir: d\nlocal: {none: {}}\n" + own);
  EXPECT_EQ(named.trust_domain, std::nullopt);
  EXPECT_EQ(named.federation.size(), 1U);
}

TEST(ConfigFile, IsLoadedWithPathsRelativeToIt) {
  const ConfigFolder folder;
  const auto file = folder.write("entente.yaml", good_start + "federation: []\n");

  const auto outcome = load(file);

  ASSERT_EQ(outcome.index(), 0U);
  EXPECT_EQ(std::get<Config>(outcome).data_dir, folder.path("data"));
}

// FC-7: SPIFFE's format, or PEM by its content.
TEST(ConfigFile, TakesABootstrapBundleInPem) {
  const ConfigFolder folder;

  const Config config = folder.config(good_start +
                                      "federation:\n"
                                      "  - trust_domain: b.test\n"
                                      "    endpoint_url: https://b.example/\n"
                                      "    https_spiffe: {endpoint_spiffe_id: spiffe://b.test/e}\n"
                                      "    bootstrap_bundle: company-ca.pem\n"
                                      "    sequence: strict\n");

  ASSERT_NE(config.federation.at(0)->bootstrap_bundle, nullptr);
  EXPECT_EQ(config.federation[0]->bootstrap_bundle->x509_authorities.size(), 1U);
  EXPECT_EQ(config.federation[0]->sequence, trust::SequenceRule::strict);
}

}  // namespace
}  // namespace entente::config::test
