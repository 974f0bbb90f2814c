#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>

#include "common/base/file.hpp"
#include "tests/workload/helper/configuration.hpp"

namespace entente::helper::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Two good lines; what a test adds begins in line 3.
const std::string good = "directory: tls\nfiles: [{name: svid.pem, content: certificate}]\n";

TEST(OwnConfig, HasDefaultsForAllButTheDirectoryAndTheFiles) {
  const HelperConfig config = config_of(good);

  EXPECT_EQ(config.directory, "/etc/helper/tls");
  EXPECT_EQ(config.directory_mode, 0755U);
  EXPECT_EQ(config.layout, Layout::set);
  EXPECT_FALSE(config.remove_at_exit);
  EXPECT_EQ(config.remove_when_denied, minutes(1));
  EXPECT_FALSE(config.child);
  EXPECT_FALSE(config.health);
  ASSERT_EQ(config.files.size(), 1U);
  EXPECT_EQ(config.files[0].format, Format::pem);
  EXPECT_EQ(config.files[0].mode, 0644U);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(OwnConfig, KeepsSecretsToTheirOwnerUnlessToldOtherwise) {
  const HelperConfig config = config_of(R"(directory: tls
group: root
files:
  - {name: key.pem, content: key}
  - {name: both.pem, content: key_and_certificate}
  - {name: token, content: jwt_svid, audience: db}
  - {name: open.key, content: key, mode: 0644, owner: 0}
)");

  EXPECT_EQ(config.files[0].mode, 0600U);
  EXPECT_EQ(config.files[1].mode, 0600U);
  EXPECT_EQ(config.files[2].mode, 0600U);
  EXPECT_THAT(config.files[2].audience, ElementsAre("db"));
  EXPECT_EQ(config.files[3].mode, 0644U);
  EXPECT_EQ(config.files[3].owner, 0U);
  EXPECT_EQ(config.files[3].group, 0U);
  EXPECT_THAT(config.warnings, Contains(HasSubstr("\"open.key\" holds a secret")));
  EXPECT_THAT(config.warnings, Contains(HasSubstr("\"key.pem\" has a group that may not read it")));
}

TEST(OwnConfig, SaysWhomToTellAndWhatToRun) {
  const HelperConfig config = config_of(good + R"(child:
  command: [nginx, -g, "daemon off;", ""]
  restart: on_failure
  first_pause: 2s
  longest_pause: 5m
  grace: 30s
renewal: {signal: HUP, pid_file: /run/other.pid, command: [true], command_timeout: 5s}
health: {listen: "127.0.0.1:0", live_path: /livez, ready_path: /readyz}
at_exit: remove
remove_when_denied: never
)");

  ASSERT_TRUE(config.child);
  EXPECT_THAT(config.child->command, ElementsAre("nginx", "-g", "daemon off;", ""));
  EXPECT_EQ(config.child->restart, Restart::on_failure);
  EXPECT_EQ(config.child->first_pause, seconds(2));
  EXPECT_EQ(config.child->longest_pause, minutes(5));
  EXPECT_EQ(config.child->grace, seconds(30));
  EXPECT_EQ(config.renewal.signal, SIGHUP);
  EXPECT_EQ(config.renewal.pid_file, "/run/other.pid");
  EXPECT_THAT(config.renewal.command, ElementsAre("true"));
  EXPECT_EQ(config.health->ready_path, "/readyz");
  EXPECT_TRUE(config.remove_at_exit);
  EXPECT_EQ(config.remove_when_denied, std::nullopt);
}

TEST(OwnConfig, WarnsOfAMergedBundleAndOfARenewalThatNobodyHears) {
  EXPECT_THAT(config_of("directory: d\nfiles: [{name: all.pem, content: merged_bundles}]").warnings,
              ElementsAre(HasSubstr("lets each of them speak for any other")));
  EXPECT_THAT(config_of(good + "renewal: {signal: HUP}").warnings, ElementsAre(HasSubstr("goes to nobody")));
  EXPECT_THAT(config_of(good + "child: {command: [sleep, 1h]}").warnings, ElementsAre(HasSubstr("is not told")));
}

TEST(OwnConfig, SaysEveryMistakeAtOnceWithItsPlace) {
  const std::string found = mistakes_in(R"(directry: tls
files:
  - {name: ../key.pem, content: key}
  - {name: b.pem, content: federated_bundles}
  - {name: token, content: jwt_svid}
  - {name: map.json, content: bundle_map, format: pem}
  - {name: k.p12, content: key, mode: 1777}
renewal: {signal: SIGWRONG}
)");

  EXPECT_THAT(found, HasSubstr(":1:1: directory is missing"));
  EXPECT_THAT(found, HasSubstr(":1:1: unknown key \"directry\"; did you mean \"directory\"?"));
  EXPECT_THAT(found, HasSubstr(":3:12: files[0].name: \"../key.pem\" names a folder"));
  EXPECT_THAT(found, HasSubstr(":4:12: files[1].name: there is a file for each federated trust domain"));
  EXPECT_THAT(found, HasSubstr(":5:5: files[2]: audience is missing"));
  EXPECT_THAT(found, HasSubstr(":6:51: files[3].format: bundle_map has no such format"));
  EXPECT_THAT(found, HasSubstr(":7:39: files[4].mode: expected a mode in octal"));
  EXPECT_THAT(found, HasSubstr(":8:19: renewal.signal: expected a signal"));
}

TEST(OwnConfig, RefusesWhatCannotBe) {
  EXPECT_THAT(mistakes_in(""), HasSubstr("the file is empty"));
  EXPECT_THAT(mistakes_in("directory: d\nfiles: []"), HasSubstr("expected at least one file"));
  EXPECT_THAT(mistakes_in("directory: d\nfiles: [{name: a, content: key}, {name: a, content: bundle}]"),
              HasSubstr("a second file of the name \"a\""));
  EXPECT_THAT(mistakes_in("directory: d\nfiles: [{name: ..data, content: key}]"), HasSubstr("two dots"));
  EXPECT_THAT(mistakes_in("directory: d\nfiles: [{name: \"x{trust_domain}\", content: key}]"),
              HasSubstr("is for files of federated"));
  EXPECT_THAT(mistakes_in(good + "renewal: {pid_file: x.pid}"), HasSubstr("signal is missing"));
  EXPECT_THAT(mistakes_in(good + "child: {command: []}"), HasSubstr("expected a program"));
  EXPECT_THAT(mistakes_in(good + "child: {command: [a], first_pause: 1m, longest_pause: 1s}"),
              HasSubstr("longest_pause is shorter"));
  EXPECT_THAT(mistakes_in(good + "identity: {hint: a, spiffe_id: \"spiffe://a.test/b\"}"), HasSubstr("only one"));
  EXPECT_THAT(mistakes_in(good + "socket: /run/x.sock"), HasSubstr("a socket such as unix:///run"));
  EXPECT_THAT(mistakes_in(good + "health: {listen: \"127.0.0.1:1\", live_path: /x, ready_path: /x}"),
              HasSubstr("the same"));
}

// deploy/helper holds what people copy from.
TEST(OwnConfig, OfTheExamplesIsGood) {
  for (const char* name : {"example.yaml", "nginx.yaml", "init.yaml", "spiffe-helper.conf"}) {
    const Outcome outcome = load(std::filesystem::path(ENTENTE_HELPER_EXAMPLES) / name);
    const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&outcome);
    EXPECT_EQ(mistakes, nullptr) << config::describe(name, *mistakes);
  }
}

TEST(OwnConfig, IsNotReadFromAFileThatIsNotThere) {
  const Outcome outcome = load("/nonexistent/helper.yaml");
  ASSERT_TRUE(std::holds_alternative<std::vector<config::Mistake>>(outcome));
  EXPECT_THAT(std::get<std::vector<config::Mistake>>(outcome).front().message, HasSubstr("/nonexistent/helper.yaml"));
}

}  // namespace
}  // namespace entente::helper::test
