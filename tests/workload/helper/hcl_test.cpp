// HCL as spiffe-helper's users write it; the shapes of its README and of its own test configurations.
#include "workload/helper/hcl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::helper {
namespace {

using config::Kind;
using config::Value;
using testing::ElementsAre;
using testing::HasSubstr;

const Value* find(const Value& map, std::string_view key) {
  for (const config::Member& member : map.members)
    if (member.key == key) return &member.value;
  return nullptr;
}

Value parse_good(std::string_view text) {
  config::Mistakes mistakes;
  const auto value = parse_hcl(text, mistakes);
  EXPECT_TRUE(mistakes.empty()) << mistakes.sorted().front().message;
  return value.value_or(Value());
}

std::string text_of(std::string_view document) {
  const Value root = parse_good(document);
  return root.members.empty() ? "no key" : root.members.front().value.text;
}

// "LINE:COLUMN: message" of the one mistake.
std::string mistake_in(std::string_view text) {
  config::Mistakes mistakes;
  EXPECT_FALSE(parse_hcl(text, mistakes));
  const auto found = mistakes.sorted();
  if (found.size() != 1) return std::to_string(found.size()) + " mistakes";
  return std::to_string(found[0].line) + ":" + std::to_string(found[0].column) + ": " + found[0].message;
}

TEST(Hcl, HoldsTextsNumbersBooleansListsAndObjects) {
  const Value root = parse_good(R"(
agent_address = "/tmp/spire-agent/public/api.sock"
cert_file_mode = 0444
daemon_mode = false
jwt_svids = [{jwt_audience="your-audience",jwt_extra_audiences=["extra-1", "extra-2"], jwt_svid_file_name="a.token"}]
)");

  EXPECT_EQ(find(root, "agent_address")->text, "/tmp/spire-agent/public/api.sock");
  EXPECT_EQ(find(root, "cert_file_mode")->text, "0444");
  EXPECT_EQ(find(root, "daemon_mode")->text, "false");
  const Value& svids = *find(root, "jwt_svids");
  ASSERT_EQ(svids.items.size(), 1U);
  EXPECT_EQ(find(svids.items[0], "jwt_audience")->text, "your-audience");
  EXPECT_EQ(find(svids.items[0], "jwt_extra_audiences")->items[1].text, "extra-2");
}

TEST(Hcl, TakesObjectsOverSeveralLinesWithAndWithoutCommas) {
  const Value root =
      parse_good("jwt_svids = [\n  {\n    jwt_audience = \"a\"\n    jwt_svid_file_name = \"t\",\n  },\n]\n");

  ASSERT_EQ(find(root, "jwt_svids")->items.size(), 1U);
  EXPECT_EQ(find(find(root, "jwt_svids")->items[0], "jwt_svid_file_name")->text, "t");
}

TEST(Hcl, TakesBlocksAndMakesAListOfRepeatedOnes) {
  const Value root = parse_good(
      "health_checks {\n  bind_port = 8081\n}\njwt_svids { jwt_audience = \"a\" }\n"
      "jwt_svids { jwt_audience = \"b\" }");

  EXPECT_EQ(find(root, "health_checks")->kind, Kind::map);
  ASSERT_EQ(find(root, "jwt_svids")->items.size(), 2U);
  EXPECT_EQ(find(find(root, "jwt_svids")->items[1], "jwt_audience")->text, "b");
}

TEST(Hcl, PassesOverCommentsOfAllThreeKinds) {
  EXPECT_EQ(text_of("# one\n// two\n/* three\n four */ key /* five */ = \"value\" # six"), "value");
}

TEST(Hcl, ComparesKeysWithoutCaseAndTakesQuotedOnes) {
  const Value root = parse_good("Cert_Dir = \"certs\"\n\"cmd\" = \"sh\"");

  EXPECT_EQ(find(root, "cert_dir")->text, "certs");
  EXPECT_EQ(find(root, "cmd")->text, "sh");
}

TEST(Hcl, KnowsTheEscapes) {
  EXPECT_EQ(text_of(R"(a = "\"quoted\" back\\slash \n \t \101 \x41 \u00e4 \U0001F600")"),
            "\"quoted\" back\\slash \n \t A A \xc3\xa4 \xf0\x9f\x98\x80");
}

TEST(Hcl, HandsInterpolationsOnAsTheyStand) {
  EXPECT_EQ(text_of(R"(a = "x ${lookup("k")} y")"), "x ${lookup(\"k\")} y");
}

TEST(Hcl, ReadsLongTexts) {
  EXPECT_EQ(text_of("a = <<END\none\n  two\nEND\n"), "one\n  two\n");
  EXPECT_EQ(text_of("a = <<-END\n    one\n      two\n    END\n"), "one\n  two\n");
}

TEST(Hcl, TakesAnEmptyTextForNothing) { EXPECT_EQ(parse_good("cmd = \"\"").members.front().value.kind, Kind::nothing); }

TEST(Hcl, SaysWhereItIsWrong) {
  EXPECT_THAT(mistake_in("cert_dir = \"certs\ncmd = \"sh\""),
              HasSubstr("1:12: not HCL: this quotation mark is never closed"));
  EXPECT_THAT(mistake_in("a = 1\ncert_dir \"certs\""), HasSubstr("2:10: not HCL: expected = or {"));
  EXPECT_THAT(mistake_in("a = ["), HasSubstr("1:5: not HCL: this [ is never closed"));
  EXPECT_THAT(mistake_in("a {\n b = 1\n"), HasSubstr("1:3: not HCL: this { is never closed"));
  EXPECT_THAT(mistake_in("a = certs"), HasSubstr("1:5: not HCL: expected a value"));
  EXPECT_THAT(mistake_in("a = \"\\q\""), HasSubstr("1:6: not HCL: this escape"));
  EXPECT_THAT(mistake_in("a = \"x\"\na = \"y\""), HasSubstr("2:1: the key \"a\" stands here twice, first in line 1"));
  EXPECT_THAT(mistake_in("/* a = 1"), HasSubstr("1:1: not HCL: this comment is never closed"));
  EXPECT_THAT(mistake_in("a = <<END\nb"), HasSubstr("1:5: not HCL: this text"));
  EXPECT_THAT(mistake_in("= 1"), HasSubstr("1:1: not HCL: expected a key"));
  EXPECT_THAT(mistake_in("a = \"${"), HasSubstr("1:6: not HCL: this ${"));
  EXPECT_THAT(mistake_in(std::string("a = ") + std::string(40, '[')), HasSubstr("nested too deeply"));
}

TEST(Hcl, IsToldFromYamlAndJsonByItsFirstWords) {
  EXPECT_TRUE(looks_like_hcl("# a comment\ncert_dir = \"certs\""));
  EXPECT_TRUE(looks_like_hcl("health_checks {\n}"));
  EXPECT_FALSE(looks_like_hcl("# a comment\ndirectory: certs"));
  EXPECT_FALSE(looks_like_hcl("{\"cert_dir\": \"certs\"}"));
  EXPECT_FALSE(looks_like_hcl("files:\n  - {name: a = b}"));
  EXPECT_FALSE(looks_like_hcl(""));
}

}  // namespace
}  // namespace entente::helper
