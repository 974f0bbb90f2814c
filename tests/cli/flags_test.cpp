#include "cli/flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spiffe/bundle_json.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::cli {
namespace {

using ::testing::StartsWith;

const std::string pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

RelationshipFlags web() {
  RelationshipFlags flags;
  flags.trust_domain = "b.test";
  flags.urls = {"https://b.example/"};
  flags.https_web = true;
  return flags;
}

RelationshipFlags spiffe_profile() {
  RelationshipFlags flags = web();
  flags.https_web = false;
  flags.https_spiffe = true;
  flags.endpoint_id = "spiffe://b.test/entente";
  return flags;
}

// What the error says; "" where there is none.
template <class T>
std::string problem(const Result<T>& result) {
  if (result) return "";
  EXPECT_EQ(result.error().code(), Errc::invalid_argument);
  return result.error().message();
}

TEST(NewRelationship, HasWhatWasTyped) {
  const test::TempFolder folder;
  const auto bundle = test::make_bundle({.x509 = {"A"}, .sequence = 7});
  RelationshipFlags flags = web();
  flags.trust_domain = "spiffe://b.test";
  flags.urls = {"https://b.example/", "https://b2.example/"};
  flags.roots = folder.write("roots.pem", spiffe::write_pem_bundle(*bundle));
  flags.pins = {pin};
  flags.policy = "overlap";
  flags.sequence = "strict";
  flags.allow_private_redirects = true;
  flags.bundle = folder.write("b.json", spiffe::write_bundle(*bundle));

  const auto request = read_new_relationship(flags);

  ASSERT_EQ(problem(request), "");
  EXPECT_EQ(request->trust_domain, "b.test");
  EXPECT_EQ(request->endpoint_urls, flags.urls);
  EXPECT_EQ(std::get<WebProfile>(request->profile).pins, flags.pins);
  EXPECT_THAT(std::get<WebProfile>(request->profile).roots_pem, StartsWith("-----BEGIN CERTIFICATE"));
  EXPECT_EQ(request->bundle->sequence, 7U);
  EXPECT_EQ(request->allow_private_redirects, true);
}

TEST(NewRelationship, NamesTheFlagOfEveryMistake) {
  const test::TempFolder folder;
  const auto mistake = [](RelationshipFlags flags, auto change) {
    change(flags);
    return problem(read_new_relationship(flags));
  };
  using F = RelationshipFlags;
  EXPECT_NE(mistake(web(), [](F& f) { f.trust_domain = "NO NAME"; }), "");
  EXPECT_THAT(mistake(web(), [](F& f) { f.urls.clear(); }), StartsWith("--url: is missing"));
  EXPECT_THAT(mistake(web(), [](F& f) { f.urls = {"http://b.example/"}; }), StartsWith("--url: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.urls = {"https://me@b.example/"}; }), StartsWith("--url: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.urls.push_back(f.urls.front()); }), StartsWith("--url: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.https_web = false; }), StartsWith("--https-web or --https-spiffe: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.https_spiffe = true; }), StartsWith("--https-spiffe: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.endpoint_id = "spiffe://b.test/x"; }), StartsWith("--endpoint-id: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.pins = {"sha1/AAAA"}; }), StartsWith("--pin: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.policy = "sometimes"; }), StartsWith("--policy: "));
  EXPECT_THAT(mistake(web(), [](F& f) { f.sequence = "lax"; }), StartsWith("--sequence: "));
  EXPECT_THAT(mistake(web(), [&](F& f) { f.roots = folder / "absent"; }), StartsWith("--roots: "));
  EXPECT_THAT(mistake(web(), [&](F& f) { f.roots = folder.write("no.pem", "no PEM"); }), StartsWith("--roots: "));
  EXPECT_THAT(mistake(web(), [&](F& f) { f.bundle = folder.write("no.json", "{}"); }), StartsWith("--bundle: "));
  EXPECT_THAT(mistake(spiffe_profile(), [](F& f) { f.endpoint_id.reset(); }), StartsWith("--https-spiffe: "));
  EXPECT_THAT(mistake(spiffe_profile(), [](F& f) { f.endpoint_id = "b.test"; }), StartsWith("--endpoint-id: "));
  EXPECT_THAT(mistake(spiffe_profile(), [](F& f) { f.pins = {pin}; }), StartsWith("--pin: "));
  EXPECT_THAT(mistake(spiffe_profile(), [](F& f) { f.roots = "roots.pem"; }), StartsWith("--roots: "));
}

TEST(RelationshipUpdate, LeavesWhatIsNotNamed) {
  RelationshipFlags flags;
  flags.trust_domain = "b.test";
  flags.policy = "default";

  const auto request = read_relationship_update(flags);

  ASSERT_EQ(problem(request), "");
  EXPECT_TRUE(request->endpoint_urls.empty());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(request->profile));
  EXPECT_FALSE(request->sequence || request->allow_private_redirects || request->bundle);
  EXPECT_EQ(request->policy, "default");
}

TEST(RelationshipUpdate, NeedsSomethingToChange) {
  RelationshipFlags flags;
  flags.trust_domain = "b.test";

  EXPECT_THAT(problem(read_relationship_update(flags)), StartsWith("b.test: nothing to change"));
}

TEST(NewEntry, HasWhatWasTyped) {
  EntryFlags flags;
  flags.spiffe_id = "spiffe://a.test/web";
  flags.selectors = {"unix:uid:1000", "k8s:ns:default"};
  flags.x509_svid_ttl = "30m";
  flags.federates_with = {"spiffe://b.test"};

  const auto request = read_new_entry(flags);

  ASSERT_EQ(problem(request), "");
  EXPECT_EQ(request->selectors, flags.selectors);
  EXPECT_EQ(request->x509_svid_ttl, std::chrono::minutes(30));
  EXPECT_EQ(request->federates_with, std::vector<std::string>{"b.test"});
  EXPECT_FALSE(request->jwt_svid_ttl || request->dns_names || request->hint);
}

TEST(NewEntry, NamesTheFlagOfEveryMistake) {
  EntryFlags good;
  good.spiffe_id = "spiffe://a.test/web";
  good.selectors = {"unix:uid:1000"};
  const auto mistake = [&](auto change) {
    EntryFlags flags = good;
    change(flags);
    return problem(read_new_entry(flags));
  };
  using F = EntryFlags;
  EXPECT_THAT(mistake([](F& f) { f.spiffe_id.reset(); }), StartsWith("--spiffe-id: "));
  EXPECT_THAT(mistake([](F& f) { f.spiffe_id = "web"; }), StartsWith("--spiffe-id: "));
  EXPECT_THAT(mistake([](F& f) { f.parent_id = "web"; }), StartsWith("--parent-id: "));
  EXPECT_THAT(mistake([](F& f) { f.selectors.clear(); }), StartsWith("--selector: "));
  EXPECT_THAT(mistake([](F& f) { f.selectors = {"uid"}; }), StartsWith("--selector: "));
  EXPECT_THAT(mistake([](F& f) { f.x509_svid_ttl = "soon"; }), StartsWith("--x509-svid-ttl: "));
  EXPECT_THAT(mistake([](F& f) { f.x509_svid_ttl = "1500ms"; }), StartsWith("--x509-svid-ttl: "));
  EXPECT_THAT(mistake([](F& f) { f.jwt_svid_ttl = "9999999h"; }), StartsWith("--jwt-svid-ttl: "));
  EXPECT_THAT(mistake([](F& f) { f.federates_with = {"B"}; }), StartsWith("--federates-with: "));
}

TEST(EntryUpdate, NeedsSomethingToChange) {
  EXPECT_THAT(problem(read_entry_update("e1", {})), StartsWith("e1: nothing to change"));
  EntryFlags flags;
  flags.hint = "";  // to take the hint away

  const auto request = read_entry_update("e1", flags);

  ASSERT_EQ(problem(request), "");
  EXPECT_EQ(request->id, "e1");
  EXPECT_EQ(request->hint, "");
}

TEST(Digest, IsSixtyFourHexadecimalDigits) {
  const std::string upper = "AB" + std::string(62, '0');

  EXPECT_EQ(*read_digest("--digest", upper, false), "ab" + std::string(62, '0'));
  EXPECT_THAT(problem(read_digest("--digest", "ab", false)), StartsWith("--digest: "));
  EXPECT_THAT(problem(read_digest("--digest", "", false)), StartsWith("--digest: "));
  std::string coloned;
  for (int i = 0; i < 32; ++i) coloned += i == 0 ? "AB" : ":CD";
  EXPECT_TRUE(read_digest("--fingerprint", coloned, true));
  EXPECT_FALSE(read_digest("--digest", coloned, false));
}

}  // namespace
}  // namespace entente::cli
