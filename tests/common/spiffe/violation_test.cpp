#include "common/spiffe/violation.hpp"

#include <gmock/gmock.h>

#include "common/base/file.hpp"

namespace entente::spiffe {
namespace {

TEST(Violation, HasEveryCodeInTheDocumentationWithWhatToDo) {
  const std::string page = read_file(std::filesystem::path(ENTENTE_TEST_DATA) / "../../docs/verify.md").value();

  for (const std::string_view code : known_codes()) {
    EXPECT_THAT(page, testing::HasSubstr("| `" + std::string(code) + "` |"));
    EXPECT_THAT(page, testing::HasSubstr("| " + std::string(what_to_do(code)) + " |")) << code;
  }
  EXPECT_EQ(what_to_do("unheard_of"), "");
}

}  // namespace
}  // namespace entente::spiffe
