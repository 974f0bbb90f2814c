#include "syncer/push/pushed_domains.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/file.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PushedDomains, AreKeptInAFileOfTheTarget) {
  const test::TempFolder folder;
  const auto file = pushed_domains_file(folder / "push", "unix:///a"),
             other = pushed_domains_file(folder / "push", "unix:///b");
  EXPECT_TRUE(load_pushed_domains(file)->empty());

  ASSERT_TRUE(save_pushed_domains(file, "unix:///a", {domain("b.test"), domain("c.test")}));

  EXPECT_THAT(*load_pushed_domains(file), ElementsAre(domain("b.test"), domain("c.test")));
  EXPECT_TRUE(load_pushed_domains(other)->empty());
}

TEST(PushedDomains, ThatCannotBeReadAreAnErrorThatNamesTheFile) {
  const test::TempFolder folder;
  for (const char* content : {"", "[]", "{}", R"({"target": 1, "trust_domains": []})", R"({"target": "x"})",
                              R"({"target": "x", "trust_domains": ["B.test"]})"}) {
    ASSERT_TRUE(replace_file(folder / "x.json", content, 0600));
    const auto loaded = load_pushed_domains(folder / "x.json");
    ASSERT_FALSE(loaded) << content;
    EXPECT_THAT(loaded.error().message(), HasSubstr((folder / "x.json").string()));
  }
}

TEST(PushedDomains, OfATargetThatIsConfiguredNoMoreAreFound) {
  const test::TempFolder folder;
  EXPECT_THAT(abandoned_targets(folder / "push", {}), IsEmpty());
  for (const char* target : {"unix:///a", "unix:///b"})
    ASSERT_TRUE(save_pushed_domains(pushed_domains_file(folder / "push", target), target, {domain("b.test")}));
  ASSERT_TRUE(save_pushed_domains(pushed_domains_file(folder / "push", "unix:///c"), "unix:///c", {}));

  EXPECT_THAT(abandoned_targets(folder / "push", {"unix:///a"}), ElementsAre("unix:///b"));
}

}  // namespace
}  // namespace entente::syncer
