#include "cli/print_push.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Time now = from_unix_seconds(1'800'000'000);

std::vector<PushTargetView> targets() {
  PushTargetView sound, failing;
  sound.target = "unix:///run/spire/server.sock";
  sound.state = "incomplete";
  sound.trust_domains = 3;
  sound.pending = 1;
  sound.last_success = now - std::chrono::minutes(2);
  sound.problems = {{"b.test", {"internal", "cannot delete bundle\x1b[2J"}}};
  sound.not_ours = {{"c.test", {"permission_denied", "the server federates with it by itself"}}};
  failing.target = "/out/*.pem";
  failing.state = "failing";
  failing.consecutive_failures = 4;
  failing.last_error = ErrorView{"io", "disk full"};
  return {sound, failing};
}

TEST(PushTargetsText, HasALineForEachAndSaysWhatIsTheMatter) {
  const std::string text = push_targets_text(targets(), now, Paint(false), 0);

  EXPECT_THAT(text, HasSubstr("2 min ago"));
  EXPECT_THAT(text, HasSubstr("unix:///run/spire/server.sock: b.test: cannot delete bundle"));
  EXPECT_THAT(text, HasSubstr("c.test: left alone: the server federates with it by itself"));
  EXPECT_THAT(text, HasSubstr("disk full"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "what a stranger wrote stays text";
}

TEST(PushTargetJson, HasEveryField) {
  const Json sound = to_json(targets()[0]), failing = to_json(targets()[1]);

  EXPECT_EQ(sound["trust_domains"], 3);
  EXPECT_EQ(sound["problems"][0]["trust_domain"], "b.test");
  EXPECT_EQ(sound["not_ours"][0]["error"]["code"], "permission_denied");
  EXPECT_TRUE(sound["last_error"].is_null());
  EXPECT_EQ(failing["last_error"]["message"], "disk full");
  EXPECT_TRUE(failing["last_success"].is_null());
}

}  // namespace
}  // namespace entente::cli
