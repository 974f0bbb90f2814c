// What is wrong with a file before it is a configuration: YAML, and the subset of it that is read.
#include <gmock/gmock.h>

#include "tests/common/config/config_support.hpp"

namespace entente::config::test {
namespace {

TEST(ConfigSyntax, ReportsOnePlaceForAFileThatIsNoYaml) {
  expect_each({
      {"trust_domain: a.test: b\n", {1, 21, "put the text in quotes"}},
      {"log: {level: info\n", {2, 1, "{ is never closed"}},
      {"federation: [a\n", {2, 1, "[ is never closed"}},
      {"log:\n\tlevel: info\n", {2, 7, "use spaces"}},
      {"trust_domain: a.test\n data_dir: d\n", {2, 10, "check the indentation"}},
      {"trust_domain: @a\n", {1, 15, "unknown token"}},
      {"trust_domain: *nowhere\n", {1, 15, "anchor is not defined"}},
      {"trust_domain: a.test\n}\n", {2, 1, "flow end"}},
      {std::string(2000, '['), {1, 1, "nested too deeply"}},
      {"trust_domain: a" + std::string(1, '\0') + "b\n", {1, 16, "control character"}},
      {"\xff\xfet", {1, 1, "UTF-8"}},
  });
}

TEST(ConfigSyntax, ReportsAnEmptyFileAsEmpty) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~\n"}) {
    expect_each({{text, {1, 1, "the file is empty"}}});
  }
}

TEST(ConfigSyntax, ReportsADocumentThatIsNoMap) {
  expect_each({{"- a\n", {1, 1, "expected a map of keys, found a list"}},
               {"hello\n", {1, 1, "expected a map of keys, found \"hello\""}}});
}

TEST(ConfigSyntax, RefusesWhatYamlAllowsAndAConfigurationDoesNotNeed) {
  expect_each_after_good_start({
      {"log: {level: info, level: debug}\n", {4, 20, "\"level\" stands here twice, first in line 4"}},
      {"data_dir: other\n", {4, 1, "\"data_dir\" stands here twice, first in line 2"}},
      {"telemetry: &t {listen: \"127.0.0.1:1\"}\nserver: *t\n", {5, 9, "aliases"}},
      {"log: !special {level: info}\n", {4, 6, "tags"}},
      {"log: {level: !!str info}\n", {4, 14, "tags"}},
      {"log:\n  ? [level]\n  : info\n", {5, 5, "a key must be a plain text"}},
      {"---\nlog: {}\n", {4, 1, "a second document"}},
      {"log: {level: \"info\n", {4, 14, "never closed"}},
  });
}

TEST(ConfigSyntax, ReportsAQuotationMarkThatTheEndOfTheFileLeavesOpen) {
  expect_each({{"local: {none: {}}\ndata_dir: \"data\n", {2, 11, "never closed"}},
               {"local: {none: {}}\ndata_dir: 'it''s\n", {2, 11, "never closed"}}});
}

TEST(ConfigSyntax, ReadsAFileWithAByteOrderMarkAndCarriageReturns) {
  const ConfigFolder folder;

  const Config config = folder.config("\xef\xbb\xbftrust_domain: a.test\r\ndata_dir: data\r\nlocal: {issuer: {}}\r\n");

  EXPECT_EQ(config.trust_domain->name(), "a.test");
  EXPECT_EQ(config.data_dir, folder.path("data"));
}

TEST(ConfigSyntax, ReadsQuotedTextsWithQuotationMarksInThem) {
  const ConfigFolder folder;

  EXPECT_EQ(folder.config("trust_domain: a.test\nlocal: {issuer: {}}\ndata_dir: 'it''s'\n").data_dir,
            folder.path("it's"));
  EXPECT_EQ(folder.config("trust_domain: a.test\nlocal: {issuer: {}}\ndata_dir: \"a\\\"b\"\n").data_dir,
            folder.path("a\"b"));
}

TEST(ConfigSyntax, ReportsAFileThatCannotBeRead) {
  const ConfigFolder folder;

  const auto outcome = load(folder.path("missing.yaml"));

  ASSERT_EQ(outcome.index(), 1U);
  expect_mistakes(std::get<1>(outcome), {{1, 1, "No such file"}});
}

}  // namespace
}  // namespace entente::config::test
