// Configurations of spiffe-helper, unchanged: its README's, its examples' and the shapes of its own tests.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/workload/helper/configuration.hpp"

namespace entente::helper::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string three_names =
    "svid_file_name = \"svid.pem\"\nsvid_key_file_name = \"svid_key.pem\"\nsvid_bundle_file_name = "
    "\"svid_bundle.pem\"\n";

const FileRule& rule(const HelperConfig& config, std::string_view name) {
  for (const FileRule& each : config.files)
    if (each.name == name) return each;
  throw std::runtime_error("no file " + std::string(name));
}

TEST(SpiffeHelperConfig, OfItsReadmeIsReadUnchanged) {
  const HelperConfig config = config_of(R"(agent_address = "/tmp/spire-agent/public/api.sock"
cmd = "ghostunnel"
cmd_args = "server --listen localhost:8002 --keystore certs/svid_key.pem"
cert_dir = "/certs"
renew_signal = "SIGUSR1"
svid_file_name = "svid.pem"
svid_key_file_name = "svid_key.pem"
svid_bundle_file_name = "svid_bundle.pem"
jwt_svids = [{jwt_audience="your-audience",jwt_extra_audiences=["extra-1", "extra-2"], jwt_svid_file_name="a.token"}]
jwt_bundle_file_name = "bundle.json"
cert_file_mode = 0444
key_file_mode = 0440
jwt_bundle_file_mode = 0444
jwt_svid_file_mode = 0400
)");

  EXPECT_EQ(config.socket, "unix:///tmp/spire-agent/public/api.sock");
  EXPECT_EQ(config.directory, "/certs");
  EXPECT_THAT(config.child->command,
              ElementsAre("ghostunnel", "server", "--listen", "localhost:8002", "--keystore", "certs/svid_key.pem"));
  EXPECT_EQ(config.child->restart, Restart::at_renewal);
  EXPECT_EQ(config.renewal.signal, SIGUSR1);
  EXPECT_EQ(rule(config, "svid.pem").content, Content::certificate);
  EXPECT_EQ(rule(config, "svid.pem").mode, 0444U);
  EXPECT_EQ(rule(config, "svid_key.pem").mode, 0440U);
  EXPECT_EQ(rule(config, "svid_bundle.pem").content, Content::bundle);
  EXPECT_THAT(rule(config, "a.token").audience, ElementsAre("your-audience", "extra-1", "extra-2"));
  EXPECT_EQ(rule(config, "a.token").mode, 0400U);
  EXPECT_EQ(rule(config, "bundle.json").format, Format::spiffe_helper);
  EXPECT_FALSE(config.once);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(SpiffeHelperConfig, HasItsDefaults) {
  const HelperConfig config = config_of("cmd = \"\"\ncmd_args = \"\"\ncert_dir = \"certs\"\n" + three_names);

  EXPECT_EQ(config.socket, std::nullopt);
  EXPECT_EQ(config.fallback_socket, "/tmp/spire-agent/public/api.sock");
  EXPECT_EQ(config.directory, std::filesystem::current_path() / "certs");
  EXPECT_EQ(rule(config, "svid.pem").mode, 0644U);
  EXPECT_EQ(rule(config, "svid_key.pem").mode, 0600U);
  EXPECT_FALSE(config.child);
}

TEST(SpiffeHelperConfig, ReadsModesAsGoDoesAndWarnsOfDecimalOnes) {
  const HelperConfig config = config_of("cert_file_mode = 444\nkey_file_mode = \"0600\"\n" + three_names);

  EXPECT_EQ(rule(config, "svid.pem").mode, 0674U);
  EXPECT_EQ(rule(config, "svid_key.pem").mode, 0600U);
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("cert_file_mode = 444 is decimal, and so the mode 0674")));
}

TEST(SpiffeHelperConfig, PutsIntermediatesIntoTheBundleWhereAsked) {
  const HelperConfig config = config_of("add_intermediates_to_bundle = true\n" + three_names);

  EXPECT_EQ(rule(config, "svid.pem").content, Content::leaf_certificate);
  EXPECT_TRUE(rule(config, "svid_bundle.pem").with_intermediates);
}

// spiffe-helper#217
TEST(SpiffeHelperConfig, MergesFederatedBundlesOnlyWhereAskedAndWithAWarning) {
  const HelperConfig config = config_of("include_federated_domains = true\n" + three_names);

  EXPECT_EQ(rule(config, "svid_bundle.pem").content, Content::merged_bundles);
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("lets each of them speak for any other")));
}

TEST(SpiffeHelperConfig, WarnsOfAKeyThatEverybodyMayRead) {
  EXPECT_THAT(config_of("key_file_mode = 0444\n" + three_names).warnings,
              ElementsAre(HasSubstr("\"svid_key.pem\" holds a secret")));
}

TEST(SpiffeHelperConfig, RunsOnceWithoutCommandAndSignal) {
  const HelperConfig config =
      config_of("daemon_mode = false\ncmd = \"sh\"\nrenew_signal = \"SIGHUP\"\nhint = \"x\"\nomit_expired = true\n" +
                three_names);

  EXPECT_TRUE(config.once);
  EXPECT_FALSE(config.child);
  EXPECT_EQ(config.hint, "x");
  EXPECT_TRUE(config.omit_expired);
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("daemon_mode is false")));
}

TEST(SpiffeHelperConfig, HasHealthChecks) {
  const HelperConfig config = config_of(three_names + R"(health_checks {
  listener_enabled = true
  bind_port = 8080
  liveness_path = "/healthz"
})");

  ASSERT_TRUE(config.health);
  EXPECT_EQ(config.health->listen, "[::]:8080");
  EXPECT_EQ(config.health->live_path, "/healthz");
  EXPECT_EQ(config.health->ready_path, "/ready");
  EXPECT_FALSE(config_of(three_names + "health_checks { bind_port = 1 }").health);
}

TEST(SpiffeHelperConfig, MayBeJson) {
  const HelperConfig config =
      config_of(R"({"cert_dir": "/certs", "cmd": "", "jwt_bundle_file_name": "b.json", "daemon_mode": false})");

  EXPECT_EQ(config.directory, "/certs");
  EXPECT_TRUE(config.once);
}

TEST(SpiffeHelperConfig, ReplacesFilesOneByOneWhereTheirNamesHoldFolders) {
  const HelperConfig config = config_of(
      "svid_file_name = \"tls/svid.pem\"\nsvid_key_file_name = \"key.pem\"\n"
      "svid_bundle_file_name = \"/ca.pem\"");

  EXPECT_EQ(config.layout, Layout::files);
  EXPECT_EQ(rule(config, "tls/svid.pem").content, Content::certificate);
  EXPECT_EQ(rule(config, "ca.pem").content, Content::bundle);
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("replaced one by one")));
}

TEST(SpiffeHelperConfig, SaysItsMistakesWithTheirPlaces) {
  EXPECT_THAT(mistakes_in("cert_dir = \"c\"\nfoo = \"bar\"\n" + three_names), HasSubstr(":2:1: unknown key \"foo\""));
  EXPECT_THAT(mistakes_in(three_names + "jwt_svids = [{jwt_audience=\"a\", jwt_svid_file_name=\"t\", foo=1}]"),
              HasSubstr("jwt_svids[0]: unknown key \"foo\""));
  EXPECT_THAT(mistakes_in("svid_file_name = \"svid.pem\""), HasSubstr("go together"));
  EXPECT_THAT(mistakes_in("cert_dir = \"c\""), HasSubstr("there is no file to write"));
  EXPECT_THAT(mistakes_in(three_names + "pid_file_name = \"x.pid\""),
              HasSubstr(":4:17: pid_file_name: renew_signal is missing"));
  EXPECT_THAT(mistakes_in(three_names + "renew_signal = \"SIGNOTHING\""), HasSubstr("renew_signal: expected a signal"));
  EXPECT_THAT(mistakes_in(three_names + "cmd = \"sh\"\ncmd_args = \"a\\\"b\""),
              HasSubstr("cmd_args: a quotation mark inside"));
  EXPECT_THAT(mistakes_in(three_names + "jwt_svids = [{jwt_svid_file_name=\"t\"}]"),
              HasSubstr("jwt_audience is missing"));
  EXPECT_THAT(mistakes_in("svid_file_name = \"a\"\nsvid_key_file_name = \"a\"\nsvid_bundle_file_name = \"b\""),
              HasSubstr("two files have the name \"a\""));
  EXPECT_THAT(mistakes_in(three_names + "daemon_mode = maybe"), HasSubstr("expected a value"));
}

}  // namespace
}  // namespace entente::helper::test
