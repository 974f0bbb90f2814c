#include "cli/print_findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::cli {
namespace {

using syncer::doctor::Findings;
using ::testing::HasSubstr;
using ::testing::Not;

const Paint plain(false);

std::vector<FindingGroup> examined() {
  Findings host, peer("b.test");
  host.ok("admin_api", "answers");
  peer.problem("dns", "no address\x1b[2J for b.example", "check the name");
  peer.warning("held", "a change waits", "approve it");
  peer.ok("tcp", "connected");
  return {{"", host.all()}, {"b.test", peer.all()}};
}

TEST(FindingsText, GroupsByTrustDomainAndSaysWhatToDo) {
  const std::string text = findings_text(examined(), false, plain);

  EXPECT_THAT(text, HasSubstr("this host: 1 check, nothing found\n"));
  EXPECT_THAT(text, HasSubstr("b.test: 1 problem, 1 warning\n"));
  EXPECT_THAT(text, HasSubstr("\n          to do: check the name\n  warning held: a change waits\n"));
}

TEST(FindingsText, ShowsWhatIsInOrderOnlyWhenAsked) {
  EXPECT_THAT(findings_text(examined(), false, plain), Not(HasSubstr("connected")));
  EXPECT_THAT(findings_text(examined(), true, plain), HasSubstr("  ok      tcp: connected\n"));
}

TEST(FindingsText, SaysAlwaysWhichChecksWereNotMade) {
  Findings host;
  host.ok("admin_api", "answers");
  host.note("own_endpoint", "not looked at", "give -c FILE");

  const std::string text = findings_text({{"", host.all()}}, false, plain);

  EXPECT_EQ(text,
            "this host: 1 check, nothing found; 1 not made\n"
            "  note    own_endpoint: not looked at\n"
            "          to do: give -c FILE\n");
  EXPECT_FALSE(syncer::doctor::any_to_act_on(host.all()));
}

TEST(FindingsText, KeepsWhatStrangersSentFromTheTerminal) {
  EXPECT_THAT(findings_text(examined(), false, plain), HasSubstr("no address\\x1b[2J for b.example"));
}

TEST(FindingsText, IsColouredWhereThatIsWanted) {
  EXPECT_THAT(findings_text(examined(), false, Paint(true)), HasSubstr("\x1b["));
}

TEST(FindingsJson, CountsAndListsEverything) {
  const Json document = findings_json(examined());

  EXPECT_EQ(document["problems"], 1);
  EXPECT_EQ(document["warnings"], 1);
  ASSERT_EQ(document["findings"].size(), 4U);
  EXPECT_TRUE(document["findings"][0]["trust_domain"].is_null());
  EXPECT_TRUE(document["findings"][0]["what_to_do"].is_null());
  EXPECT_EQ(document["findings"][1]["check"], "dns");
  EXPECT_EQ(document["findings"][1]["severity"], "problem");
  EXPECT_EQ(document["findings"][1]["what_to_do"], "check the name");
}

}  // namespace
}  // namespace entente::cli
