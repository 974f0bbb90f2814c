// Strict reading of JSON: TB-10 and TB-14.
#include "common/spiffe/json.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace entente::spiffe {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string message_of(std::string_view text) {
  const auto document = parse_strict_json(text);
  if (document) return "accepted";
  EXPECT_EQ(document.error().code(), Errc::syntax);
  return document.error().message();
}

TEST(StrictJson, ReadsWhatNlohmannReads) {
  const std::string text = R"({"a":[1,-2,3.5,true,false,null,"x\u00e9\n",{"b":{}},[]],"":{"a":18446744073709551615}})";

  EXPECT_EQ(parse_strict_json(text).value(), json::parse(text));
  EXPECT_EQ(parse_strict_json(" 7 ").value(), json(7));
  EXPECT_EQ(parse_strict_json("[[1],[2,[3]],4]").value(), json::parse("[[1],[2,[3]],4]"));
}

// TB-10
TEST(StrictJson, RejectsDuplicateNamesAtEveryLevel) {
  EXPECT_EQ(message_of(R"({"keys":1,"keys":2})"), R"(duplicate name "keys" at byte 16)");
  EXPECT_THAT(message_of(R"({"a":{"b":1,"b":1}})"), HasSubstr(R"(duplicate name "b")"));
  EXPECT_THAT(message_of(R"([{"a":[{"b":1,"c":2,"b":3}]}])"), HasSubstr(R"(duplicate name "b")"));
  EXPECT_THAT(message_of(R"({"a":{},"a":{}})"), HasSubstr(R"(duplicate name "a")"));
}

// TB-10
TEST(StrictJson, ComparesNamesByWhatTheyMean) {
  EXPECT_THAT(message_of(R"({"k":1,"\u006b":2})"), HasSubstr(R"(duplicate name "k")"));
  EXPECT_TRUE(parse_strict_json(R"({"k":1,"K":2})"));
  EXPECT_TRUE(parse_strict_json(R"([{"k":1},{"k":1}])"));
}

// TB-14
TEST(StrictJson, RejectsWhatIsNotOneDocumentInPlainUtf8) {
  EXPECT_THAT(message_of("\xef\xbb\xbf{}"), HasSubstr("byte order mark"));
  EXPECT_THAT(message_of("{} {}"), HasSubstr("byte 4"));
  EXPECT_THAT(message_of("{}x"), HasSubstr("byte 3"));
  EXPECT_THAT(message_of(std::string("{}\0", 3)), HasSubstr("byte 3"));
  EXPECT_THAT(message_of(std::string("{}\0{\"a\":1}", 10)), HasSubstr("byte 3"));
  EXPECT_THAT(message_of("{\"a\":\"\xff\"}"), HasSubstr("byte 7"));
  EXPECT_THAT(message_of("{\"a\":\"\xc0\xaf\"}"), HasSubstr("not valid JSON"));      // an overlong '/'
  EXPECT_THAT(message_of("{\"a\":\"\xed\xa0\x80\"}"), HasSubstr("not valid JSON"));  // a surrogate in UTF-8
  EXPECT_THAT(message_of(R"({"a":"\ud800"})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(message_of("{\"a\xff\":1}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(message_of("\xff\xfe{\0}\0"), HasSubstr("byte 1"));
}

TEST(StrictJson, RejectsWhatIsNotJson) {
  for (const char* text :
       {"",   " ",   "{",       "[1,]",     "{\"a\":1,}", "{a:1}", "{'a':1}", "01",     "+1",        ".5",
        "1.", "NaN", "/* */{}", "// x\n{}", "\"\n\"",     "\"a",   "nul",     "<html>", "{\"a\" 1}", "1e999"})
    EXPECT_THAT(message_of(text), HasSubstr("not valid JSON at byte")) << text;
}

TEST(StrictJson, KeepsStrangersBytesOutOfMessages) {
  const std::string message = message_of("{\"a\": \x1b[31m\xff}");

  for (const char c : message) EXPECT_TRUE(c >= ' ' && c <= '~') << message;
}

// TB-14
TEST(StrictJson, KeepsIntegersExactAndMarksThoseThatAreNot) {
  EXPECT_EQ(parse_strict_json("18446744073709551615").value().get<std::uint64_t>(), 18446744073709551615U);
  EXPECT_TRUE(parse_strict_json("18446744073709551616").value().is_number_float());
  EXPECT_TRUE(parse_strict_json("-9223372036854775809").value().is_number_float());
  EXPECT_TRUE(parse_strict_json("1.0").value().is_number_float());
  EXPECT_TRUE(parse_strict_json("1e3").value().is_number_float());
}

TEST(StrictJson, BoundsNesting) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };

  EXPECT_TRUE(parse_strict_json(nested(32)));
  EXPECT_EQ(message_of(nested(33)), "nested deeper than 32 levels at byte 33");
  EXPECT_THAT(message_of(std::string(8U << 20, '[')), HasSubstr("nested deeper"));
  EXPECT_TRUE(parse_strict_json("[[]]", 2));
  EXPECT_FALSE(parse_strict_json("[[]]", 1));
}

TEST(StrictJson, ReadsManyNamesInOneObjectWithoutSlowingDown) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"name" + std::to_string(i) + "\":1,";
  const std::string good = text + "\"last\":1}", bad = text + "\"name7\":1}";

  EXPECT_EQ(parse_strict_json(good).value().size(), 100'001U);
  EXPECT_THAT(message_of(bad), HasSubstr("duplicate name \"name7\""));
}

}  // namespace
}  // namespace entente::spiffe
