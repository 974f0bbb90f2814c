#include "common/base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>

namespace entente {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string written(const std::function<void()>& write) {
  testing::internal::CaptureStderr();
  write();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesTextLines) {
  Log log;

  const std::string line = written([&] {
    log.info("bundle accepted", {{"td", "b.test"}, {"seq", 42}, {"new", true}});
  });

  EXPECT_THAT(line, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z info "
                                 "bundle accepted td=b.test seq=42 new=true\n"));
}

TEST(Log, WritesJsonLines) {
  Log log(LogLevel::info, LogFormat::json);

  const std::string line = written([&] {
    log.warning("bundle accepted", {{"td", "b.test"}, {"seq", 42}, {"new", false}, {"text", "42"}});
  });

  EXPECT_THAT(line, MatchesRegex("\\{\"time\":\"[^\"]*Z\",\"level\":\"warning\",\"message\":\"bundle accepted\","
                                 "\"td\":\"b.test\",\"seq\":42,\"new\":false,\"text\":\"42\"\\}\n"));
}

// A stranger's value must not be able to end a line, forge another value or reach the terminal.
TEST(Log, EscapesHostileValues) {
  Log text;
  const std::string hostile = std::string("a\nb\x1b[31m\"x\\ level=error\xff") + '\0';

  const std::string line = written([&] { text.info("event", {{"value", hostile}, {"empty", ""}, {"pair", "a=b"}}); });

  EXPECT_THAT(line, EndsWith("event value=\"a\\u000ab\\u001b[31m\\\"x\\\\ level=error\\u00ff\\u0000\" empty=\"\" "
                             "pair=\"a=b\"\n"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Log, EscapesHostileValuesInJson) {
  Log json(LogLevel::info, LogFormat::json);

  const std::string line = written([&] { json.info("e", {{"value", "a\"b\\c\nd\x7f"}}); });

  EXPECT_THAT(line, EndsWith("\"value\":\"a\\\"b\\\\c\\u000ad\\u007f\"}\n"));
}

TEST(Log, TakesBracesForText) {
  Log log;

  EXPECT_THAT(written([&] { log.info("{} {0} %s", {{"value", "{}{x}"}}); }), HasSubstr("{} {0} %s value={}{x}\n"));
}

TEST(Log, KeepsSilentBelowItsLevelWhichMayChange) {
  Log log(LogLevel::warning);

  EXPECT_EQ(written([&] { log.info("quiet"); }), "");
  EXPECT_THAT(written([&] { log.warning("loud"); }), HasSubstr("warning loud\n"));
  log.set_level(LogLevel::debug);
  EXPECT_THAT(written([&] { log.debug("now loud"); }), HasSubstr("debug now loud\n"));
  log.set_format(LogFormat::json);
  EXPECT_THAT(written([&] { log.error("worst"); }), HasSubstr("\"level\":\"error\",\"message\":\"worst\"}\n"));
}

TEST(Log, WritesTheLargestNumbers) {
  Log log;

  EXPECT_THAT(written([&] {
                log.info("n", {{"seq", std::numeric_limits<std::uint64_t>::max()}});
              }),
              HasSubstr("seq=18446744073709551615\n"));
}

}  // namespace
}  // namespace entente
