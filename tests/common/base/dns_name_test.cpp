#include "common/base/dns_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entente {
namespace {

TEST(DnsName, HasLabelsOfLettersDigitsAndHyphens) {
  for (const char* good : {"a", "web.a.example", "*.a.example", "x--y.example", "_tcp.a.example", "1.a.example", "A.b"})
    EXPECT_TRUE(is_dns_name(good)) << good;
  for (const char* bad : {"", ".", "a.", ".a", "web..example", "-a.example", "a-.example", "a b", "a.*.example", "*",
                          "*.", "a/b", "192.0.2.1", "a.1", "\xc3\xa4.example", "a.example\n"})
    EXPECT_FALSE(is_dns_name(bad)) << bad;
}

TEST(DnsName, IsBounded) {
  const std::string longest_label(63, 'a');
  const std::string longest = longest_label + "." + longest_label + "." + longest_label + "." + std::string(61, 'a');

  EXPECT_TRUE(is_dns_name(longest_label + ".example"));
  EXPECT_FALSE(is_dns_name(longest_label + "a.example"));
  EXPECT_TRUE(is_dns_name(longest));
  EXPECT_FALSE(is_dns_name(longest + "a"));
}

}  // namespace
}  // namespace entente
