// Checklist ID, 1 to 12: SPIFFE-ID 2.
#include "common/spiffe/spiffe_id.hpp"

#include <gmock/gmock.h>

#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using testing::HasSubstr;

struct Refused {
  std::string text;
  std::string reason;
};

const std::string nul(1, '\0');

TEST(SpiffeId, AcceptsEveryFormThatTheStandardAllows) {
  const std::vector<std::string> good = {
      "spiffe://a",                                   // ID-1
      "spiffe://example.org/web",                     //
      "spiffe://1.2.3.4/web",                         // ID-5: an address is a name like any other
      "spiffe://a_b/x",                               // ID-5: no DNS name
      "spiffe://-.-/x",                               //
      "spiffe://...",                                 //
      "spiffe://td/.../.a/a./..b",                    // ID-7
      "spiffe://td/A-Z_a.z0/9",                       // ID-9
      "spiffe://staging.example.com/payments/mysql",  //
      "spiffe://td/9eebccd2-12bf-40a6-b262-65fe0487d453",
  };
  for (const std::string& text : good) {
    const auto id = SpiffeId::parse(text);

    ASSERT_TRUE(id) << text << ": " << id.error().message();
    EXPECT_EQ(id->str(), text);
  }
}

TEST(SpiffeId, RefusesWhatTheStandardForbids) {
  const std::vector<Refused> bad = {
      {"", "empty"},
      {"spiffe", "spiffe://"},
      {"spiffe:td/web", "spiffe://"},                // ID-1
      {"http://td/web", "spiffe://"},                // ID-1
      {"SPIFFE://td/web", "lower case"},             // ID-4
      {"//td/web", "spiffe://"},                     // ID-1
      {" spiffe://td/web", "spiffe://"},             //
      {"spiffe://", "empty"},                        // ID-1
      {"spiffe:///web", "empty"},                    // ID-1
      {"spiffe://td/web?q", "query"},                // ID-2
      {"spiffe://td?q", "query"},                    // ID-2
      {"spiffe://td/web#f", "fragment"},             // ID-2
      {"spiffe://td#f", "fragment"},                 // ID-2
      {"spiffe://user@td/web", "user information"},  // ID-3
      {"spiffe://@td/web", "user information"},      // ID-3
      {"spiffe://td:8080/web", "port"},              // ID-3
      {"spiffe://td:/web", "port"},                  // ID-3
      {"spiffe://[::1]/web", "IPv6"},                // ID-5
      {"spiffe://TD/web", "lower case"},             // ID-4
      {"spiffe://t%64/web", "percent"},              // ID-4
      {"spiffe://t d/web", "byte 0x20"},             // ID-4
      {"spiffe://t\xe2\x84\xaa/web", "byte 0xe2"},   // ID-4, ID-11: U+212A, the Kelvin sign
      {"spiffe://td/%77eb", "percent"},              // ID-6
      {"spiffe://td/", "empty path segment"},        // ID-8
      {"spiffe://td/web/", "trailing"},              // ID-8
      {"spiffe://td//web", "empty path segment"},    // ID-7
      {"spiffe://td/a//b", "empty path segment"},    // ID-7
      {"spiffe://td/.", "'.' and '..'"},             // ID-7
      {"spiffe://td/a/../b", "'.' and '..'"},        // ID-7
      {"spiffe://td/a/./b", "'.' and '..'"},         // ID-7
      {"spiffe://td/a:b", "character ':'"},          // ID-9
      {"spiffe://td/a~b", "character '~'"},          // ID-9
      {"spiffe://td/a@b", "character '@'"},          // ID-9
      {"spiffe://td/a b", "byte 0x20"},              // ID-9
      {"spiffe://td/web\n", "byte 0x0a"},            // ID-11
      {"spiffe://td\n", "byte 0x0a"},                // ID-11
      {"spiffe://td/web" + nul, "byte 0x00"},        // ID-11
      {"spiffe://td" + nul + "/web", "byte 0x00"},   // ID-11
      {"spiffe://td/w\xc3\xa9", "byte 0xc3"},        // ID-11
      {"spiffe://td/\x80", "byte 0x80"},             // ID-11
  };
  for (const Refused& refused : bad) {
    const auto id = SpiffeId::parse(refused.text);

    ASSERT_FALSE(id) << in_quotes(refused.text);
    EXPECT_EQ(id.error().code(), Errc::invalid_argument);
    EXPECT_THAT(id.error().message(), HasSubstr(refused.reason)) << in_quotes(refused.text);
  }
}

// ID-10
TEST(SpiffeId, IsAtMost2048BytesLong) {
  const std::string longest = "spiffe://td/" + std::string(2048 - 12, 'a');

  EXPECT_TRUE(SpiffeId::parse(longest));
  EXPECT_FALSE(SpiffeId::parse(longest + "a"));
}

// ID-10
TEST(SpiffeId, HasATrustDomainOfAtMost255Bytes) {
  const std::string longest(255, 'a');

  EXPECT_TRUE(SpiffeId::parse("spiffe://" + longest + "/web"));
  EXPECT_TRUE(TrustDomain::parse(longest));
  EXPECT_FALSE(SpiffeId::parse("spiffe://" + longest + "a/web"));
  EXPECT_FALSE(TrustDomain::parse(longest + "a"));
}

TEST(SpiffeId, KnowsItsParts) {
  const SpiffeId web = SpiffeId::parse("spiffe://example.org/a/b").value();
  const SpiffeId root = SpiffeId::parse("spiffe://example.org").value();

  EXPECT_EQ(web.trust_domain().name(), "example.org");
  EXPECT_EQ(web.path(), "/a/b");
  EXPECT_TRUE(web.has_path());
  EXPECT_EQ(root.path(), "");
  EXPECT_FALSE(root.has_path());
  EXPECT_EQ(root, SpiffeId::of(web.trust_domain()));
  EXPECT_EQ(root.trust_domain().id(), root.str());
}

TEST(SpiffeId, BelongsToItsOwnTrustDomainAlone) {
  const SpiffeId web = SpiffeId::parse("spiffe://example.org/web").value();

  EXPECT_TRUE(web.member_of(TrustDomain::parse("example.org").value()));
  EXPECT_FALSE(web.member_of(TrustDomain::parse("example.or").value()));
  EXPECT_FALSE(web.member_of(TrustDomain::parse("sub.example.org").value()));
}

TEST(SpiffeId, TellsPathsApartByCase) {
  EXPECT_NE(SpiffeId::parse("spiffe://td/Web").value(), SpiffeId::parse("spiffe://td/web").value());
}

TEST(SpiffeId, IsCutAndEscapedInMessages) {
  const auto id = SpiffeId::parse("spiffe://td/\x1b[31m" + std::string(1000, 'a'));

  ASSERT_FALSE(id);
  EXPECT_LT(id.error().message().size(), 200U);
  EXPECT_EQ(id.error().message().find('\x1b'), std::string::npos);
}

TEST(TrustDomain, IsParsedFromANameOrItsId) {
  EXPECT_EQ(TrustDomain::parse_name_or_id("example.org").value().name(), "example.org");
  EXPECT_EQ(TrustDomain::parse_name_or_id("spiffe://example.org").value().name(), "example.org");
  EXPECT_FALSE(TrustDomain::parse_name_or_id("spiffe://example.org/web"));
  EXPECT_FALSE(TrustDomain::parse_name_or_id("spiffe://example.org/"));
  EXPECT_FALSE(TrustDomain::parse("spiffe://example.org"));
}

// ID-4, ID-11
TEST(TrustDomain, RefusesEveryByteThatTheStandardDoesNotName) {
  const std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);

    EXPECT_EQ(TrustDomain::parse(std::string("a") + c).has_value(), allowed.find(c) != allowed.npos) << byte;
  }
}

}  // namespace
}  // namespace entente::spiffe
