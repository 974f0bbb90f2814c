#include "syncer/source/extra_authorities.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using test::must;

const Time now = from_unix_seconds(1'800'000'000);

ExtraJwtAuthority key(const std::string& id, std::optional<Time> ends_at = std::nullopt) {
  return {{id, must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)).public_key()}, ends_at};
}

class ExtraAuthoritiesTest : public testing::Test {
 protected:
  test::TempFolder folder;
  std::filesystem::path file = folder / "appended.json";
  test::TestAuthority nested{"own.test", now};
  spiffe::Bundle own{domain("own.test")};
};

TEST_F(ExtraAuthoritiesTest, AreReadAsTheyWereSaved) {
  const ExtraAuthorities extra{{nested.certificate()}, {key("a", now + std::chrono::hours(1)), key("b")}};

  save_extra_authorities(file, own.trust_domain, extra).value();
  const ExtraAuthorities read = must(load_extra_authorities(file, own.trust_domain));

  ASSERT_EQ(read.x509, extra.x509);
  ASSERT_EQ(read.jwt.size(), 2U);
  for (const ExtraJwtAuthority& one : read.jwt)
    EXPECT_EQ(one.ends_at, one.authority.key_id == "a" ? extra.jwt[0].ends_at : std::nullopt);
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(ExtraAuthoritiesTest, AreNoneWhereThereIsNoFile) {
  EXPECT_TRUE(must(load_extra_authorities(file, own.trust_domain)).empty());
}

TEST_F(ExtraAuthoritiesTest, RefuseADamagedFileByItsName) {
  for (const char* content : {"", "{}", R"({"bundle": {"keys": 1}, "jwt_ends": {}})", R"({"bundle": {"keys": []}})"}) {
    folder.write("appended.json", content);

    const auto read = load_extra_authorities(file, own.trust_domain);

    ASSERT_FALSE(read) << content;
    EXPECT_THAT(read.error().message(), testing::HasSubstr(file.string()));
  }
}

TEST_F(ExtraAuthoritiesTest, LeaveTheBundleWhenTheyHaveEnded) {
  const ExtraAuthorities extra{{nested.certificate()}, {key("a", now + std::chrono::hours(1)), key("b")}};
  spiffe::Bundle later = own;

  add_extra_authorities(now, extra, own);
  add_extra_authorities(now + std::chrono::hours(48), extra, later);

  EXPECT_EQ(own.x509_authorities.size(), 1U);
  EXPECT_EQ(own.jwt_authorities.size(), 2U);
  EXPECT_TRUE(later.x509_authorities.empty());
  ASSERT_EQ(later.jwt_authorities.size(), 1U);
  EXPECT_EQ(later.jwt_authorities[0].key_id, "b");
}

TEST_F(ExtraAuthoritiesTest, ForgetWhatHasEndedWhenMoreIsAppended) {
  const ExtraAuthorities extra{{nested.certificate()}, {key("a", now + std::chrono::hours(1))}};

  const ExtraAuthorities all = must(append(now + std::chrono::hours(48), own, extra, {{}, {key("c")}}));

  EXPECT_TRUE(all.x509.empty());
  ASSERT_EQ(all.jwt.size(), 1U);
  EXPECT_EQ(all.jwt[0].authority.key_id, "c");
}

TEST_F(ExtraAuthoritiesTest, TakeTheNewerWordOnWhenAKeyEnds) {
  const ExtraJwtAuthority first = key("a", now + std::chrono::hours(1));
  ExtraJwtAuthority longer = first;
  longer.ends_at = now + std::chrono::hours(5);

  const ExtraAuthorities all = must(append(now, own, {{}, {first}}, {{}, {longer}}));

  ASSERT_EQ(all.jwt.size(), 1U);
  EXPECT_EQ(all.jwt[0].ends_at, longer.ends_at);
}

TEST_F(ExtraAuthoritiesTest, RefuseAKeyIdOfTheIssuersOwn) {
  own.jwt_authorities.push_back(key("ours").authority);

  const auto refused = append(now, own, {}, {{}, {key("ours")}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::already_exists);
}

}  // namespace
}  // namespace entente::syncer
