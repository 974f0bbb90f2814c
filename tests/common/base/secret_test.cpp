#include "common/base/secret.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace entente {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

TEST(SecretBytes, MoveAndLeaveNothingBehind) {
  SecretBytes from(Bytes{'k', 'e', 'y'});

  SecretBytes to(std::move(from));
  EXPECT_EQ(to.text(), "key");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is what is tested

  SecretBytes other(Bytes{'o', 'l', 'd'});
  other = std::move(to);
  EXPECT_EQ(other.text(), "key");
}

TEST(Wipe, OverwritesMemory) {
  char text[] = "secret";

  wipe(text, sizeof text);

  for (const char c : text) EXPECT_EQ(c, 0);
}

}  // namespace
}  // namespace entente
