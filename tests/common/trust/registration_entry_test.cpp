#include "common/trust/registration_entry.hpp"

#include <gmock/gmock.h>

namespace entente::trust {
namespace {

using testing::HasSubstr;

Selector selector(std::string_view text) { return Selector::parse(text).value(); }

std::string error_of(std::string_view text) {
  const auto parsed = Selector::parse(text);
  return parsed ? "accepted" : parsed.error().message();
}

RegistrationEntry entry_for(std::vector<Selector> selectors) {
  return {"config-0", spiffe::SpiffeId::parse("spiffe://a.test/web").value(), std::move(selectors), {}, {}, {}, {}, ""};
}

TEST(Selector, ReadsEveryKindOfUnixSelector) {
  const std::string digest(64, 'a');
  for (const std::string text : {"unix:uid:0", "unix:gid:1000", "unix:user:web", "unix:group:www-data",
                                 "unix:supplementary_gid:27", "unix:path:/usr/bin/web", "unix:path:/a:b"})
    EXPECT_EQ(selector(text).str(), text);
  EXPECT_EQ(selector("unix:sha256:" + digest).value, "sha256:" + digest);
  EXPECT_EQ(selector("k8s:ns:default").type, "k8s");
}

TEST(Selector, NamesWhatIsWrongWithOne) {
  EXPECT_THAT(error_of("unix"), HasSubstr("TYPE:VALUE"));
  EXPECT_THAT(error_of(":uid:1"), HasSubstr("TYPE:VALUE"));
  EXPECT_THAT(error_of("unix:"), HasSubstr("TYPE:VALUE"));
  EXPECT_THAT(error_of("unix:uid"), HasSubstr("unix:KIND:VALUE"));
  EXPECT_THAT(error_of("unix:pid:1"), HasSubstr("unknown kind \"pid\""));
  EXPECT_THAT(error_of("unix:uid:root"), HasSubstr("decimal number"));
  EXPECT_THAT(error_of("unix:uid:01"), HasSubstr("leading zeros"));
  EXPECT_THAT(error_of("unix:uid:4294967296"), HasSubstr("below 2^32"));
  EXPECT_THAT(error_of("unix:path:bin/web"), HasSubstr("absolute"));
  EXPECT_THAT(error_of("unix:sha256:" + std::string(64, 'A')), HasSubstr("lower case"));
}

TEST(RegistrationEntry, MatchesOnlyACallerWithAllOfItsSelectors) {
  const auto entry = entry_for({selector("unix:uid:1000"), selector("unix:gid:100")});
  const std::vector<Selector> both = {selector("unix:gid:100"), selector("unix:path:/x"), selector("unix:uid:1000")};

  EXPECT_TRUE(matches(entry, both));
  EXPECT_FALSE(matches(entry, {selector("unix:uid:1000")}));
  EXPECT_FALSE(matches(entry, {}));
}

TEST(RegistrationEntry, WithoutSelectorsMatchesNobody) {
  EXPECT_FALSE(matches(entry_for({}), {selector("unix:uid:0")}));
}

}  // namespace
}  // namespace entente::trust
