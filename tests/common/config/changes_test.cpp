// What SIGHUP can apply, what needs a restart, and what a subcommand needs.
#include <gmock/gmock.h>

#include "tests/common/config/config_support.hpp"

namespace entente::config::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string whole =
    "trust_domain: a.test\n"
    "data_dir: data\n"
    "local: {issuer: {ca_ttl: 24h}}\n"
    "log: {level: info}\n"
    "store: {sqlite: {path: a.db}}\n"
    "bundle_endpoint:\n"
    "  listen: \"127.0.0.1:8443\"\n"
    "  path: /\n"
    "  refresh_hint: 5m\n"
    "  publish_dir: public\n"
    "  limits: {connections: 100}\n"
    "  https_web: {certificate: tls.pem, key: tls.key}\n"
    "server: {state_dir: state}\n"
    "workload_api: {listen: unix:///w.sock}\n"
    "admin: {listen: unix:///a.sock}\n"
    "telemetry: {listen: \"127.0.0.1:9988\"}\n"
    "polling: {floor: 30s}\n"
    "change_policy: accept\n"
    "push: [{spire_server: {address: unix:///s.sock}}]\n"
    "history: {entries: 1000, age: 8760h}\n"
    "federation:\n"
    "  - {trust_domain: b.test, endpoint_url: https://b/, https_web: {}}\n"
    "entries:\n"
    "  - {spiffe_id: spiffe://a.test/web, selectors: [\"unix:uid:1000\"]}\n";

std::vector<std::string> restart_after(const std::string& before, const std::string& after) {
  const ConfigFolder folder;
  return needs_restart(folder.config(whole), folder.config(replaced(whole, before, after)));
}

TEST(ConfigChanges, ApplyWithoutARestartWhereTheyAreOfTheLiveKinds) {
  EXPECT_THAT(restart_after("level: info", "level: debug"), IsEmpty());
  EXPECT_THAT(restart_after("floor: 30s", "floor: 10s"), IsEmpty());
  EXPECT_THAT(restart_after("refresh_hint: 5m", "refresh_hint: 1m"), IsEmpty());
  EXPECT_THAT(restart_after("change_policy: accept", "change_policy: approve"), IsEmpty());
  EXPECT_THAT(restart_after("entries: 1000, age: 8760h", "entries: 10, age: 1h"), IsEmpty());
  EXPECT_THAT(restart_after("https://b/", "https://b2/"), IsEmpty());
  EXPECT_THAT(restart_after("uid:1000", "uid:1001"), IsEmpty());
  EXPECT_THAT(restart_after("tls.key", "new.key"), IsEmpty());
}

TEST(ConfigChanges, AreNamedWhereTheyNeedARestart) {
  EXPECT_THAT(restart_after("data_dir: data", "data_dir: data2"), ElementsAre("data_dir", "store"));
  EXPECT_THAT(restart_after("ca_ttl: 24h", "ca_ttl: 48h"), ElementsAre("local"));
  EXPECT_THAT(restart_after("sqlite: {path: a.db}", "memory: {}"), ElementsAre("store"));
  EXPECT_THAT(restart_after("127.0.0.1:8443", "127.0.0.1:9443"), ElementsAre("bundle_endpoint.listen"));
  EXPECT_THAT(restart_after("path: /\n", "path: /b\n"), ElementsAre("bundle_endpoint.path"));
  EXPECT_THAT(restart_after("publish_dir: public", "publish_dir: other"), ElementsAre("bundle_endpoint.publish_dir"));
  EXPECT_THAT(restart_after("connections: 100", "connections: 101"), ElementsAre("bundle_endpoint.limits"));
  EXPECT_THAT(
      restart_after("https_web: {certificate: tls.pem, key: tls.key}", "https_spiffe: {spiffe_id: spiffe://a.test/e}"),
      ElementsAre("bundle_endpoint.https_spiffe"));
  EXPECT_THAT(restart_after("unix:///s.sock", "unix:///s2.sock"), ElementsAre("push"));
  EXPECT_THAT(restart_after("state_dir: state", "state_dir: other"), ElementsAre("server"));
  EXPECT_THAT(restart_after("unix:///w.sock", "unix:///w2.sock"), ElementsAre("workload_api"));
  EXPECT_THAT(restart_after("unix:///a.sock", "unix:///a2.sock"), ElementsAre("admin"));
  EXPECT_THAT(restart_after("127.0.0.1:9988", "127.0.0.1:9989"), ElementsAre("telemetry"));
  EXPECT_THAT(restart_after("admin: {listen: unix:///a.sock}\n", ""), ElementsAre("admin"));
}

TEST(ConfigChanges, NameTheTrustDomainAndTheWholeEndpointWhenTheyComeOrGo) {
  const ConfigFolder folder;
  const std::string other = "trust_domain: other.test\ndata_dir: data\nlocal: {issuer: {}}\n";

  EXPECT_THAT(needs_restart(folder.config(good_start), folder.config(other)), ElementsAre("trust_domain"));
  EXPECT_THAT(needs_restart(folder.config(good_start),
                            folder.config(good_start + "bundle_endpoint: {listen: \"[::1]:1\", https_web: "
                                                       "{certificate: c, key: k}}\n")),
              ElementsAre("bundle_endpoint"));
}

TEST(ConfigChanges, OfSvidFilesAreLiveButOfTheIdAreNot) {
  const ConfigFolder folder;
  const std::string text = good_start +
                           "bundle_endpoint:\n  listen: \"[::1]:1\"\n  https_spiffe:\n"
                           "    spiffe_id: spiffe://a.test/e\n    svid: {certificate: c, key: k}\n";
  const Config running = folder.config(text);

  EXPECT_THAT(needs_restart(running, folder.config(replaced(text, "certificate: c", "certificate: d"))), IsEmpty());
  EXPECT_THAT(needs_restart(running, folder.config(replaced(text, "a.test/e", "a.test/f"))),
              ElementsAre("bundle_endpoint.https_spiffe"));
  EXPECT_THAT(needs_restart(running, folder.config(replaced(text, "svid: {certificate: c, key: k}",
                                                            "workload_api: unix:///agent.sock"))),
              ElementsAre("bundle_endpoint.https_spiffe"));
}

TEST(ConfigRoles, LetAServerOnlyHostLeaveOutDataAndSource) {
  const ConfigFolder folder;

  const Config config = folder.config(
      "trust_domain: a.test\n"
      "server: {state_dir: state}\n"
      "bundle_endpoint:\n"
      "  listen: \"[::]:8443\"\n"
      "  publish_dir: public\n"
      "  https_spiffe: {spiffe_id: spiffe://a.test/e, workload_api: unix:///agent.sock}\n");

  EXPECT_EQ(config.trust_domain->name(), "a.test");
  EXPECT_THAT(missing_for(Role::server, config), IsEmpty());
  EXPECT_THAT(missing_for(Role::syncer, config), ElementsAre(HasSubstr("data_dir")));
  EXPECT_THAT(missing_for(Role::run, config), ElementsAre(HasSubstr("data_dir")));
}

TEST(ConfigRoles, DemandTheFoldersThatTwoProcessesShare) {
  const ConfigFolder folder;
  const Config config = folder.config(good_start +
                                      "workload_api: {listen: unix:///w.sock}\n"
                                      "bundle_endpoint: {listen: \"[::]:1\", https_spiffe: {spiffe_id: "
                                      "spiffe://a.test/e}}\n");

  EXPECT_THAT(missing_for(Role::run, config), IsEmpty());
  EXPECT_THAT(missing_for(Role::syncer, config), ElementsAre(HasSubstr("publish_dir")));
  EXPECT_THAT(missing_for(Role::server, config), ElementsAre(HasSubstr("publish_dir"), HasSubstr("state_dir")));
  EXPECT_THAT(missing_for(Role::server, folder.config(good_start)), ElementsAre(HasSubstr("bundle_endpoint")));
}

}  // namespace
}  // namespace entente::config::test
