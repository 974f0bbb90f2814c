#include <gtest/gtest.h>

#include "common/trust/decision.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::trust {
namespace {

using namespace std::chrono_literals;
using test::make_bundle;

std::string change(const test::BundleSpec& before, const test::BundleSpec& after) {
  const auto old_bundle = make_bundle(before);
  return describe_change(old_bundle.get(), *make_bundle(after));
}

TEST(DescribeChange, CountsWhatCameAndWhatWent) {
  EXPECT_EQ(change({.x509 = {"A", "B"}, .sequence = 7}, {.x509 = {"B", "C", "D"}, .sequence = 9}),
            "2 X.509 authorities added, 1 removed; sequence 7 -> 9");
  EXPECT_EQ(change({.jwt = {"J"}}, {.jwt = {"J", "K"}}), "1 JWT authority added");
  EXPECT_EQ(change({.x509 = {"A"}, .wit = {"W"}}, {.x509 = {"A"}}), "1 WIT authority removed");
  EXPECT_EQ(change({.x509 = {"A"}, .sequence = 7}, {.x509 = {"A"}, .hint = 60s}),
            "sequence 7 -> none; refresh hint none -> 60 s");
}

TEST(DescribeChange, SaysWhatAFirstBundleHolds) {
  EXPECT_EQ(describe_change(nullptr, *make_bundle({.x509 = {"A"}, .jwt = {"J", "K"}, .sequence = 3})),
            "1 X.509 authority, 2 JWT authorities; sequence 3");
}

TEST(DescribeChange, SaysPlainlyThatEverythingWasRevoked) {
  EXPECT_EQ(change({.x509 = {"A"}, .sequence = 7}, {.sequence = 8}),
            "1 X.509 authority removed; nothing is trusted any more; sequence 7 -> 8");
}

TEST(DescribeChange, DoesNotCountAnotherOrderAsAChange) {
  EXPECT_EQ(change({.jwt = {"J", "K"}, .sequence = 7}, {.jwt = {"K", "J"}, .sequence = 7}), "same content");
}

}  // namespace
}  // namespace entente::trust
