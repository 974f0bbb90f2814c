#include "syncer/registry/check_entry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::domain;
using test::must;
using testing::StartsWith;
using trust::RegistrationEntry;

spiffe::SpiffeId id(const std::string& text) { return must(spiffe::SpiffeId::parse(text)); }

RegistrationEntry good() {
  return {"", id("spiffe://own.test/web"), {{"unix", "uid:1000"}}, {}, {}, {}, std::nullopt, ""};
}

EntryBounds bounds(std::size_t relationships = 0) {
  return {[relationships] { return relationships; }, hours(12)};
}

struct Wrong {
  std::string field;
  std::function<void(RegistrationEntry&)> make;
};

// WA-6 for the hint.
TEST(CheckEntry, NamesTheFieldThatIsWrong) {
  const std::vector<Wrong> wrong = {
      {"id", [](auto& e) { e.id = "with blank"; }},
      {"id", [](auto& e) { e.id = std::string(256, 'a'); }},
      {"id", [](auto& e) { e.id = "config-1"; }},
      {"id", [](auto& e) { e.id = "endpoint"; }},
      {"spiffe_id", [](auto& e) { e.spiffe_id = id("spiffe://other.test/web"); }},
      {"spiffe_id", [](auto& e) { e.spiffe_id = id("spiffe://own.test"); }},
      {"selectors", [](auto& e) { e.selectors.clear(); }},
      {"selectors",
       [](auto& e) {
         e.selectors.push_back({"unix", "uid:-1"});
       }},
      {"selectors",
       [](auto& e) {
         e.selectors.push_back({"unix", "colour:red"});
       }},
      {"selectors",
       [](auto& e) {
         e.selectors.push_back({"", "uid:1"});
       }},
      {"selectors",
       [](auto& e) {
         e.selectors.push_back({"unix:uid", "1"});
       }},
      {"selectors",
       [](auto& e) {
         e.selectors.push_back({"k8s", "ns:web"});
       }},
      {"selectors", [](auto& e) { e.selectors.push_back(e.selectors[0]); }},
      {"x509_svid_ttl", [](auto& e) { e.x509_svid_ttl = Duration::zero(); }},
      {"x509_svid_ttl", [](auto& e) { e.x509_svid_ttl = seconds(-1); }},
      {"x509_svid_ttl", [](auto& e) { e.x509_svid_ttl = milliseconds(1500); }},
      {"x509_svid_ttl", [](auto& e) { e.x509_svid_ttl = hours(12) + seconds(1); }},
      {"jwt_svid_ttl", [](auto& e) { e.jwt_svid_ttl = hours(13); }},
      {"dns_names", [](auto& e) { e.dns_names = {"web..example"}; }},
      {"dns_names", [](auto& e) { e.dns_names = {"192.0.2.1"}; }},
      {"dns_names",
       [](auto& e) {
         e.dns_names = {"a.example", "a.example"};
       }},
      {"federates_with", [](auto& e) { e.federates_with = {domain("own.test")}; }},
      {"federates_with",
       [](auto& e) {
         e.federates_with = {domain("b.test"), domain("b.test")};
       }},
      {"hint", [](auto& e) { e.hint = std::string(1025, 'x'); }},
  };

  for (const Wrong& one : wrong) {
    RegistrationEntry entry = good();
    one.make(entry);
    const Status checked = check_entry(entry, domain("own.test"), bounds());
    ASSERT_FALSE(checked) << one.field;
    EXPECT_EQ(checked.error().code(), Errc::invalid_argument);
    EXPECT_THAT(checked.error().message(), StartsWith(one.field + ": "));
  }
}

TEST(CheckEntry, TakesWhatCanBe) {
  RegistrationEntry full = good();
  full.id = "web-1";
  full.x509_svid_ttl = hours(12);
  full.jwt_svid_ttl = seconds(1);
  full.dns_names = {"web.a.example", "*.b.example"};
  full.federates_with = {domain("b.test"), domain("c.test")};
  full.hint = std::string(1024, 'x');

  EXPECT_TRUE(check_entry(good(), domain("own.test"), bounds()));
  EXPECT_TRUE(check_entry(full, domain("own.test"), bounds()));
}

TEST(CheckEntry, WantsToKnowWithWhomAnEntryFederatesWhereThereAreMany) {
  RegistrationEntry said = good();
  said.federates_with.emplace();

  EXPECT_TRUE(check_entry(good(), domain("own.test"), bounds(999)));
  EXPECT_FALSE(check_entry(good(), domain("own.test"), bounds(1000)));
  EXPECT_TRUE(check_entry(said, domain("own.test"), bounds(1000)));
}

TEST(Alike, AreEntriesThatNobodyCouldTellApart) {
  RegistrationEntry one = good(), reordered = good(), other_hint = good(), more = good();
  one.selectors = {{"unix", "uid:1"}, {"unix", "gid:2"}};
  reordered.selectors = {{"unix", "gid:2"}, {"unix", "uid:1"}};
  other_hint.selectors = more.selectors = one.selectors;
  other_hint.hint = "internal";
  more.selectors.push_back({"unix", "user:web"});

  EXPECT_TRUE(alike(one, reordered));
  EXPECT_FALSE(alike(one, other_hint));
  EXPECT_FALSE(alike(one, more));
  EXPECT_FALSE(alike(more, one));
}

}  // namespace
}  // namespace entente::syncer
