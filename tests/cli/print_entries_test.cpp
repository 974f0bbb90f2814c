#include "cli/print_entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::cli {
namespace {

EntryView web() {
  EntryView entry;
  entry.id = "e1";
  entry.spiffe_id = "spiffe://a.test/web";
  entry.selectors = {"unix:uid:1000", "unix:gid:1000"};
  entry.x509_svid_ttl = std::chrono::minutes(30);
  entry.hint = "internal";
  return entry;
}

TEST(EntryList, IsALineEach) {
  EXPECT_EQ(entries_text({web()}),
            "ID  SPIFFE ID            SELECTORS                     HINT\n"
            "e1  spiffe://a.test/web  unix:uid:1000, unix:gid:1000  internal\n");
}

TEST(OneEntry, SaysWhatIsTheIssuersDefault) {
  const std::string text = entry_text(web(), from_unix_seconds(0));

  EXPECT_THAT(text, ::testing::ContainsRegex("x509 svid ttl: +30 min\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("jwt svid ttl: +the default\n"));
}

TEST(EntryJson, CountsLifetimesInSeconds) {
  const Json document = to_json(web());

  EXPECT_EQ(document["x509_svid_ttl"], 1800);
  EXPECT_TRUE(document["jwt_svid_ttl"].is_null());
  EXPECT_TRUE(document["parent_id"].is_null());
  EXPECT_EQ(document["selectors"].size(), 2U);
  EXPECT_TRUE(document["federates_with"].is_array());
}

}  // namespace
}  // namespace entente::cli
