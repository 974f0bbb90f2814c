// spiffe-helper reads cmd_args with Go's encoding/csv and a space for the comma; so these are its answers.
#include "workload/helper/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::helper {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> split(std::string_view text) {
  const auto arguments = split_arguments(text);
  return arguments ? *arguments : std::vector<std::string>{"error: " + arguments.error().message()};
}

TEST(CommandArguments, AreSplitAtSpaces) {
  EXPECT_THAT(split(""), IsEmpty());
  EXPECT_THAT(split("start_envoy.sh"), ElementsAre("start_envoy.sh"));
  EXPECT_THAT(split("-w flag 800"), ElementsAre("-w", "flag", "800"));
  EXPECT_THAT(split("a\tb c"), ElementsAre("a\tb", "c"));
}

TEST(CommandArguments, HoldAnEmptyOneBetweenTwoSpaces) {
  EXPECT_THAT(split("a  b"), ElementsAre("a", "", "b"));
  EXPECT_THAT(split(" a "), ElementsAre("", "a", ""));
}

TEST(CommandArguments, StandInDoubleQuotesAlone) {
  EXPECT_THAT(split(R"("this is one argument")"), ElementsAre("this is one argument"));
  EXPECT_THAT(split(R"(-c "echo hello" "")"), ElementsAre("-c", "echo hello", ""));
  EXPECT_THAT(split(R"("this is a single argument with ONE double-quote "" in it")"),
              ElementsAre("this is a single argument with ONE double-quote \" in it"));
  EXPECT_THAT(split("-c 'echo hello world'"), ElementsAre("-c", "'echo", "hello", "world'"));
  EXPECT_THAT(split(R"(--protocol=socket -uroot -e "ALTER INSTANCE RELOAD TLS;")"),
              ElementsAre("--protocol=socket", "-uroot", "-e", "ALTER INSTANCE RELOAD TLS;"));
}

TEST(CommandArguments, AreOneLineUnlessQuoted) {
  EXPECT_THAT(split("a b\nc d"), ElementsAre("a", "b"));
  EXPECT_THAT(split("\n\na b"), ElementsAre("a", "b"));
  EXPECT_THAT(split("-c \"one\ntwo\" x"), ElementsAre("-c", "one\ntwo", "x"));
  EXPECT_THAT(split("a b\r\n"), ElementsAre("a", "b"));
}

TEST(CommandArguments, RefuseStrayQuotationMarks) {
  EXPECT_FALSE(split_arguments(R"(a"b c)"));
  EXPECT_FALSE(split_arguments(R"("a"b c)"));
  EXPECT_FALSE(split_arguments(R"("never closed)"));
}

}  // namespace
}  // namespace entente::helper
