#include "cli/print.hpp"

#include <gtest/gtest.h>

namespace entente::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
const Time now = from_unix_seconds(1'000'000);

TEST(Table, AlignsColumnsByTheirWidestCellAndLeavesNoBlanksAtTheEnd) {
  const Rows rows{{"NAME", "STATE", "WHY"}, {"b.test", "current", ""}, {"long.name.test", "ok", "x y"}};

  const std::string text = table(rows);

  EXPECT_EQ(text,
            "NAME            STATE    WHY\n"
            "b.test          current\n"
            "long.name.test  ok       x y\n");
}

TEST(Table, GivesColourNoRoom) {
  const Paint paint(true);

  const std::string text = table({{"A", "B"}, {paint("xx", Tone::bad), "1"}, {"yyyy", "2"}});

  EXPECT_EQ(text, "A     B\n\x1b[31mxx\x1b[0m    1\nyyyy  2\n");
}

TEST(Table, CutsTheLastCellOfALineThatIsTooLong) {
  const std::string reason(60, 'r');

  const std::string text = table({{"NAME", "WHY"}, {"b.test", reason}}, 40);

  EXPECT_EQ(text, "NAME    WHY\nb.test  " + std::string(29, 'r') + "...\n");
}

TEST(Table, KeepsTwentyCharactersOfTheLastCellOnTheNarrowestTerminal) {
  const std::string text = table({{"b.test", std::string(60, 'r')}}, 10);

  EXPECT_EQ(text, "b.test  " + std::string(17, 'r') + "...\n");
}

TEST(Table, CutsNothingWithoutATerminal) {
  const std::string reason(500, 'r');

  EXPECT_EQ(table({{"b.test", reason}}, 0), "b.test  " + reason + "\n");
}

TEST(Colour, IsForTerminalsAndNeverWithNoColor) {
  EXPECT_TRUE(colour_wanted(true, nullptr));
  EXPECT_TRUE(colour_wanted(true, ""));  // no-color.org: set and not empty
  EXPECT_FALSE(colour_wanted(true, "1"));
  EXPECT_FALSE(colour_wanted(false, nullptr));
}

TEST(Colour, ChangesNothingWhereItIsOffOrTheTonePlain) {
  EXPECT_EQ(Paint(false)("held", Tone::loud), "held");
  EXPECT_EQ(Paint(true)("held", Tone::plain), "held");
}

TEST(Printable, ShowsWhatWouldMoveTheCursorOrHide) {
  EXPECT_EQ(printable("a\x1b[2J\nb\t\x7f\xc3"), "a\\x1b[2J\\x0ab\\x09\\x7f\\xc3");
}

TEST(Times, AreSaidRelativeToNow) {
  EXPECT_EQ(ago(now - minutes(5), now), "5 min ago");
  EXPECT_EQ(ago(std::nullopt, now), "never");
  EXPECT_EQ(ago(now + minutes(5), now), "0 ms ago");  // two clocks
  EXPECT_EQ(ahead(now + hours(2), now), "in 2 h");
  EXPECT_EQ(ahead(now - hours(2), now), "now");
  EXPECT_EQ(until(now - hours(2), now), "expired 2 h ago");
  EXPECT_EQ(until(std::nullopt, now), "-");
  EXPECT_EQ(moment(now, "now"), "1970-01-12T13:46:40Z (now)");
}

TEST(JsonValues, AreNullWhereNothingIsKnown) {
  EXPECT_TRUE(json_of(std::optional<std::uint64_t>()).is_null());
  EXPECT_TRUE(json_time(std::nullopt).is_null());
  EXPECT_TRUE(json_text("").is_null());
  EXPECT_EQ(json_of(std::optional<Duration>(minutes(2))), 120);
  EXPECT_EQ(json_of(std::optional<std::uint64_t>(18446744073709551615U)).dump(), "18446744073709551615");
}

}  // namespace
}  // namespace entente::cli
