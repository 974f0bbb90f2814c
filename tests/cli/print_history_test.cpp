#include "cli/print_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::cli {
namespace {

using ::testing::HasSubstr;

const Time now = from_unix_seconds(1'000'000);
const Paint plain(false);

HistoryView rolled_back() {
  HistoryView entry;
  entry.number = 12;
  entry.at = now - std::chrono::minutes(5);
  entry.action = "rolled_back";
  entry.sequence = 7;
  entry.digest = "d1";
  entry.from = {"https://b.example/", "192.0.2.1:8443", "ce"};
  entry.by = trust::Actor{1000, "entente federation rollback"};
  entry.reason = "their key leaked";
  entry.changes = {{false, "x509-svid", "f1", "CN=old", now}, {true, "jwt-svid", "k2", "", std::nullopt}};
  entry.has_bundle = true;
  return entry;
}

TEST(History, SaysWhatWhenWhyByWhomFromWhereAndWhatChanged) {
  const std::string text = history_text({rolled_back()}, now, plain);

  EXPECT_THAT(text, HasSubstr("#12  1970-01-12T13:41:40Z (5 min ago)  rolled_back  sequence 7\n"));
  EXPECT_THAT(text, HasSubstr("  their key leaked\n"));
  EXPECT_THAT(text, HasSubstr("uid 1000"));
  EXPECT_THAT(text, HasSubstr("entente federation rollback"));
  EXPECT_THAT(text, HasSubstr("  from https://b.example/ at 192.0.2.1:8443, certificate ce\n"));
  EXPECT_THAT(text, HasSubstr("x509-svid removed"));
  EXPECT_THAT(text, HasSubstr("f1"));
  EXPECT_THAT(text, HasSubstr("k2"));
}

TEST(History, LeavesOutWhatIsNotKnown) {
  HistoryView entry;
  entry.number = 1;
  entry.at = now;
  entry.action = "withdrawn";

  EXPECT_EQ(history_text({entry}, now, plain), "#1  1970-01-12T13:46:40Z (0 ms ago)  withdrawn\n");
}

TEST(History, IsOnRecordAsJson) {
  const Json document = to_json(rolled_back());

  EXPECT_EQ(document["number"], 12);
  EXPECT_EQ(document["time"], "1970-01-12T13:41:40Z");
  EXPECT_EQ(document["action"], "rolled_back");
  EXPECT_EQ(document["by"]["uid"], 1000);
  EXPECT_EQ(document["by"]["command"], "entente federation rollback");
  EXPECT_EQ(document["changes"][0]["change"], "removed");
  EXPECT_TRUE(document["changes"][1]["expires_at"].is_null());
  EXPECT_TRUE(to_json(HistoryView())["by"].is_null());
}

TEST(Diff, SaysBetweenWhatAndThatNothingDiffers) {
  const DiffView diff{"b.test", {"in use", "d1", 7}, {"held", "d2", std::nullopt}, {}, "sequence 7 -> none"};

  EXPECT_EQ(diff_text(diff, plain),
            "b.test: from in use (sequence 7) to held\nsequence 7 -> none\n  no authority added or removed\n");
  EXPECT_EQ(to_json(diff)["from"]["sequence"], 7);
  EXPECT_TRUE(to_json(diff)["to"]["sequence"].is_null());
}

TEST(Diff, PaintsWhatComesAndWhatGoes) {
  const std::string text = changes_text(rolled_back().changes, Paint(true));

  EXPECT_THAT(text, HasSubstr("\x1b[31mx509-svid removed"));
  EXPECT_THAT(text, HasSubstr("\x1b[32mjwt-svid added"));
}

}  // namespace
}  // namespace entente::cli
