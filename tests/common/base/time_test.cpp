#include "common/base/time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace entente {
namespace {

using namespace std::chrono_literals;

TEST(TimeText, IsRfc3339InUtc) {
  EXPECT_EQ(format_time(from_unix_seconds(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(from_unix_seconds(1795337894)), "2026-11-22T08:58:14Z");
  EXPECT_EQ(format_time(from_unix_seconds(951782400)), "2000-02-29T00:00:00Z");
  EXPECT_EQ(format_time(from_unix_seconds(-1)), "1969-12-31T23:59:59Z");
}

TEST(TimeText, HasAFractionOnlyWhereThereIsOne) {
  EXPECT_EQ(format_time(from_unix_seconds(0) + 123ms), "1970-01-01T00:00:00.123Z");
  EXPECT_EQ(format_time(from_unix_seconds(0) + 5ms), "1970-01-01T00:00:00.005Z");
  EXPECT_EQ(format_time(from_unix_seconds(0) + 999us), "1970-01-01T00:00:00Z");
}

TEST(TimeText, IsReadAsItIsWritten) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-11-22T08:58:14Z", "2000-02-29T23:59:59Z",
                           "2026-11-22T08:58:14.007Z", "1969-12-31T23:59:59Z"}) {
    const Result<Time> time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_time(*time), text);
  }
}

TEST(TimeText, OfAnotherFormIsRefused) {
  for (const char* text : {"",
                           "2026-11-22",
                           "2026-11-22T08:58:14",
                           "2026-11-22T08:58:14z",
                           "2026-11-22 08:58:14Z",
                           "2026-11-22T08:58:14+00:00",
                           "2026-11-22T08:58Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-11-31T00:00:00Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T08:60:14Z",
                           "2026-11-22T08:58:61Z",
                           "2026-11-22T08:58:14ZZ",
                           " 2026-11-22T08:58:14Z",
                           "2026-11-22T08:58:14.Z",
                           "2026-11-22T08:58:14.1Z",
                           "+026-11-22T08:58:14Z",
                           "2026-1-22T08:58:14ZZ"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeText, SaysWhatItShouldHaveBeen) {
  EXPECT_EQ(parse_time("soon").error().message(), "not a UTC time like 2026-11-22T08:58:14Z: \"soon\"");
  EXPECT_EQ(parse_time("soon").error().code(), Errc::syntax);
}

// Time counts nanoseconds; the year 9999 of a certificate that never expires is beyond it.
TEST(Time, ThatIsTooFarStopsAtABoundInsteadOfWrapping) {
  const Time now = from_unix_seconds(1'800'000'000);

  for (const std::int64_t far : {std::int64_t{253'402'300'799}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_GT(from_unix_seconds(far), now + std::chrono::hours(24 * 365 * 200));
    EXPECT_LT(from_unix_seconds(-far), now - std::chrono::hours(24 * 365 * 200));
  }
  EXPECT_GT(parse_time("9999-12-31T23:59:59Z").value(), now);
  EXPECT_LT(parse_time("0000-01-01T00:00:00Z").value(), now);
}

TEST(UnixSeconds, AreRoundedDown) {
  EXPECT_EQ(unix_seconds(from_unix_seconds(5) + 999ms), 5);
  EXPECT_EQ(unix_seconds(from_unix_seconds(-5) + 1ms), -5);
  EXPECT_EQ(unix_seconds(from_unix_seconds(0) - 1ns), -1);
}

TEST(DurationText, IsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("30s").value(), 30s);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("24h").value(), 24h);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(DurationText, OfAnotherFormIsRefused) {
  for (const char* text : {"",
                           "5",
                           "s",
                           "5 s",
                           " 5s",
                           "5s ",
                           "-5s",
                           "-0s",
                           "+5s",
                           "1.5h",
                           "1h30m",
                           "5d",
                           "5S",
                           "5sec",
                           "0x5s",
                           "1e3s",
                           "5us",
                           "99999999999999999999s",
                           "9223372036854775807h",
                           "3000000h"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(DurationText, SaysWhatItShouldHaveBeen) {
  EXPECT_EQ(parse_duration("5d").error().message(), "not a duration like 500ms, 30s, 5m or 24h: \"5d\"");
}

TEST(DurationText, ForPeopleKeepsTwoUnitsAtMost) {
  EXPECT_EQ(describe_duration(0s), "0 ms");
  EXPECT_EQ(describe_duration(999ms), "999 ms");
  EXPECT_EQ(describe_duration(45s), "45 s");
  EXPECT_EQ(describe_duration(5min + 20s), "5 min");
  EXPECT_EQ(describe_duration(3h + 20min), "3 h 20 min");
  EXPECT_EQ(describe_duration(3h), "3 h");
  EXPECT_EQ(describe_duration(24h * 12), "12 d");
  EXPECT_EQ(describe_duration(-45s), "-45 s");
}

}  // namespace
}  // namespace entente
