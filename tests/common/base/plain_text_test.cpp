#include "common/base/plain_text.hpp"

#include <gtest/gtest.h>

namespace entente {
namespace {

TEST(PlainText, LeavesPrintableAsciiAlone) { EXPECT_EQ(plain_text("gzip, br;q=0.5 ~", 100), "gzip, br;q=0.5 ~"); }

TEST(PlainText, ReplacesWhatTerminalsAndUtf8FieldsChokeOn) {
  EXPECT_EQ(plain_text("a\x1b[31m\n\xff\x7f", 100), "a?[31m???");
}

TEST(PlainText, CutsWhatIsTooLong) { EXPECT_EQ(plain_text("abcdef", 4), "abcd..."); }

}  // namespace
}  // namespace entente
