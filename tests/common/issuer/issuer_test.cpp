#include "common/issuer/issuer.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "common/base/file.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::issuer {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const spiffe::TrustDomain domain = *spiffe::TrustDomain::parse("a.test");
const spiffe::SpiffeId web = *spiffe::SpiffeId::parse("spiffe://a.test/web");

class IssuerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Issuer> open(crypto::KeyType type = crypto::KeyType::ec_p256) {
    IssuerOptions options{domain, folder_ / "issuer"};
    options.key_type = type;
    Result<std::unique_ptr<Issuer>> opened = Issuer::open(options, clock_, log_);
    EXPECT_TRUE(opened) << opened.error().message();
    return opened ? std::move(*opened) : nullptr;
  }

  std::vector<fs::path> key_files() const {
    std::vector<fs::path> keys;
    for (const auto& entry : fs::directory_iterator(folder_ / "issuer"))
      if (entry.path().extension() == ".key") keys.push_back(entry.path());
    return keys;
  }

  test::TempFolder folder_;
  test::FakeClock clock_;
  Log log_{LogLevel::error};
};

TEST_F(IssuerTest, MintsX509SvidsThatItsOwnBundleVouchesFor) {
  for (const auto type : {crypto::KeyType::ec_p256, crypto::KeyType::ec_p384, crypto::KeyType::rsa_2048}) {
    fs::remove_all(folder_ / "issuer");
    const auto issuer = open(type);

    const auto svid = issuer->mint_x509_svid(web, std::nullopt, {"web.a.example"}, "internal");

    ASSERT_TRUE(svid) << svid.error().message();
    EXPECT_TRUE(spiffe::check_leaf(svid->chain.front()).empty());
    const auto id = spiffe::verify_x509_svid(svid->chain, issuer->bundle(), clock_.now());
    ASSERT_TRUE(id) << id.error().message();
    EXPECT_EQ(*id, web);
    EXPECT_EQ(svid->chain.front().dns_names(), std::vector<std::string>{"web.a.example"});
    EXPECT_EQ(svid->hint, "internal");
  }
}

TEST_F(IssuerTest, MintsJwtSvidsThatItsOwnBundleVouchesFor) {
  const auto issuer = open();

  const auto minted = issuer->mint_jwt_svid(web, std::nullopt, {"db"});

  ASSERT_TRUE(minted) << minted.error().message();
  const auto token = spiffe::parse_jwt_svid(minted->token);
  ASSERT_TRUE(token) << token.error().message();
  const auto claims = spiffe::verify_jwt_svid(*token, issuer->bundle(), {"db", clock_.now()});
  ASSERT_TRUE(claims) << claims.error().message();
  EXPECT_EQ(claims->subject, web);
  EXPECT_EQ(unix_seconds(claims->expires_at), unix_seconds(clock_.now() + minutes(5)));
}

TEST_F(IssuerTest, KeepsItsAuthoritiesOverARestart) {
  const auto first = open();
  const auto svid = first->mint_x509_svid(web, std::nullopt, {}, "");

  const auto second = open();

  EXPECT_TRUE(spiffe::same_authorities(first->bundle(), second->bundle()));
  EXPECT_TRUE(spiffe::verify_x509_svid(svid->chain, second->bundle(), clock_.now()));
}

TEST_F(IssuerTest, KeepsKeysWhereOnlyItsUserCanReadThem) {
  const auto issuer = open();

  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "issuer").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_EQ(key_files().size(), 2u);
  for (const fs::path& key : key_files()) {
    ASSERT_EQ(::stat(key.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << key;
  }
}

// FS-1
TEST_F(IssuerTest, PublishesAPreparedAuthorityBeforeItSigns) {
  const auto issuer = open();
  const auto generation = issuer->generation();

  const auto prepared = issuer->rotate(true, true, false);

  ASSERT_TRUE(prepared) << prepared.error().message();
  EXPECT_EQ(issuer->bundle().x509_authorities.size(), 2u);
  EXPECT_EQ(issuer->bundle().jwt_authorities.size(), 2u);
  EXPECT_EQ(issuer->generation(), generation);
  for (const AuthorityInfo& info : *prepared) {
    EXPECT_EQ(info.state, AuthorityState::prepared);
    EXPECT_GE(info.used_from - clock_.now(), 3 * seconds(300));
    EXPECT_LE(info.used_from - clock_.now(), 5 * seconds(300));
  }
  // The old one still signs ...
  spiffe::Bundle old_only = issuer->bundle();
  old_only.x509_authorities.erase(old_only.x509_authorities.begin() + 1, old_only.x509_authorities.end());
  EXPECT_TRUE(
      spiffe::verify_x509_svid(issuer->mint_x509_svid(web, std::nullopt, {}, "")->chain, old_only, clock_.now()));
  // ... until the lead is over.
  clock_.advance(seconds(4 * 300));
  ASSERT_TRUE(issuer->tick());
  EXPECT_GT(issuer->generation(), generation);
  EXPECT_FALSE(
      spiffe::verify_x509_svid(issuer->mint_x509_svid(web, std::nullopt, {}, "")->chain, old_only, clock_.now()));
}

TEST_F(IssuerTest, RotatingTwiceKeepsTheAuthorityThatIsPreparedAlready) {
  const auto issuer = open();

  const auto first = issuer->rotate(true, false, false);
  const auto second = issuer->rotate(true, false, false);

  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(issuer->bundle().x509_authorities.size(), 2u);
}

TEST_F(IssuerTest, RotatesAtOnceWhenTold) {
  const auto issuer = open();
  const auto old_svid = issuer->mint_x509_svid(web, std::nullopt, {}, "");

  const auto rotated = issuer->rotate(true, true, true);

  ASSERT_TRUE(rotated) << rotated.error().message();
  EXPECT_EQ(rotated->front().state, AuthorityState::active);
  const auto new_svid = issuer->mint_x509_svid(web, std::nullopt, {}, "");
  // Both are good: the old authority stays published while what it signed is valid.
  EXPECT_TRUE(spiffe::verify_x509_svid(old_svid->chain, issuer->bundle(), clock_.now()));
  EXPECT_TRUE(spiffe::verify_x509_svid(new_svid->chain, issuer->bundle(), clock_.now()));
}

// FS-1
TEST_F(IssuerTest, RemovesAnOldAuthorityWhenNothingItSignedIsValid) {
  const auto issuer = open();
  const auto old_svid = issuer->mint_x509_svid(web, std::nullopt, {}, "");
  ASSERT_TRUE(issuer->rotate(true, true, true));

  clock_.advance(minutes(50));
  ASSERT_TRUE(issuer->tick());
  EXPECT_EQ(issuer->bundle().x509_authorities.size(), 2u);
  clock_.advance(minutes(15));
  ASSERT_TRUE(issuer->tick());

  EXPECT_EQ(issuer->bundle().x509_authorities.size(), 1u);
  EXPECT_EQ(issuer->bundle().jwt_authorities.size(), 1u);
  EXPECT_LT(old_svid->chain.front().not_after(), clock_.now());
}

TEST_F(IssuerTest, DeletesTheKeyOfAnAuthorityThatSignsNoMore) {
  const auto issuer = open();
  const auto before = key_files();

  ASSERT_TRUE(issuer->rotate(true, true, true));

  EXPECT_EQ(key_files().size(), 2u);
  for (const fs::path& key : before) EXPECT_FALSE(fs::exists(key)) << key;
}

TEST_F(IssuerTest, NeverSignsBeyondTheAuthoritysOwnEnd) {
  IssuerOptions options{domain, folder_ / "issuer"};
  options.ca_ttl = hours(2);
  options.x509_svid_ttl = hours(2);
  const auto issuer = Issuer::open(options, clock_, log_);
  ASSERT_TRUE(issuer);
  clock_.advance(minutes(30));

  const auto svid = (*issuer)->mint_x509_svid(web, std::nullopt, {}, "");

  ASSERT_TRUE(svid);
  EXPECT_LE(svid->chain.front().not_after(), (*issuer)->bundle().x509_authorities.front().not_after());
}

TEST_F(IssuerTest, CutsALifetimeThatRetirementWasNotPreparedFor) {
  const auto issuer = open();

  const auto cut = issuer->mint_x509_svid(web, hours(10), {}, "");
  ASSERT_TRUE(issuer->allow_ttls(hours(10), minutes(5)));
  const auto whole = issuer->mint_x509_svid(web, hours(10), {}, "");

  EXPECT_EQ(cut->chain.front().not_after(), from_unix_seconds(unix_seconds(clock_.now() + hours(1))));
  EXPECT_EQ(whole->chain.front().not_after(), from_unix_seconds(unix_seconds(clock_.now() + hours(10))));
}

TEST_F(IssuerTest, UsesNothingThatTheDiskRefused) {
  const auto issuer = open();
  const spiffe::Bundle before = issuer->bundle();
  fs::remove_all(folder_ / "issuer");  // every write fails from here, for root too

  const auto rotated = issuer->rotate(true, true, true);

  EXPECT_FALSE(rotated);
  EXPECT_TRUE(spiffe::same_authorities(before, issuer->bundle()));
  const auto svid = issuer->mint_x509_svid(web, std::nullopt, {}, "");
  ASSERT_TRUE(svid);
  EXPECT_TRUE(spiffe::verify_x509_svid(svid->chain, before, clock_.now()));
}

TEST_F(IssuerTest, RefusesAKeyThatIsNotTheListedOneAndOverwritesNothing) {
  (void)open();
  const fs::path key = key_files().front();
  const auto other = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
  std::ofstream(key) << other->pkcs8_pem().text();
  const auto list = read_file(folder_ / "issuer/authorities.json");

  const auto opened = Issuer::open({domain, folder_ / "issuer"}, clock_, log_);

  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find(key.filename().string()), std::string::npos) << opened.error().message();
  EXPECT_EQ(*list, *read_file(folder_ / "issuer/authorities.json"));
}

TEST_F(IssuerTest, RefusesADamagedListAndNamesIt) {
  (void)open();
  std::ofstream(folder_ / "issuer/authorities.json") << "{\"version\":1,";

  const auto opened = Issuer::open({domain, folder_ / "issuer"}, clock_, log_);

  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("authorities.json"), std::string::npos) << opened.error().message();
}

// FC-14: two domains' keys are never one.
TEST_F(IssuerTest, RefusesAnotherTrustDomainsAuthorities) {
  (void)open();

  const auto opened = Issuer::open({*spiffe::TrustDomain::parse("z.test"), folder_ / "issuer"}, clock_, log_);

  ASSERT_FALSE(opened);
  const std::string message = opened.error().message();
  EXPECT_NE(message.find("spiffe://a.test"), std::string::npos) << message;
}

TEST_F(IssuerTest, MintsNothingThatIsNotValidYetAfterTheClockWasSetBack) {
  const auto issuer = open();
  clock_.jump(-hours(48));

  const auto svid = issuer->mint_x509_svid(web, std::nullopt, {}, "");

  ASSERT_FALSE(svid);
  const std::string message = svid.error().message();
  EXPECT_NE(message.find("clock"), std::string::npos) << message;
}

TEST_F(IssuerTest, CleansUpAKeyThatAKilledProcessLeftUnlisted) {
  const auto issuer = open();
  std::ofstream(folder_ / "issuer/x509-svid-00ff.key") << "left behind";

  ASSERT_TRUE(issuer->rotate(true, false, false));

  EXPECT_FALSE(fs::exists(folder_ / "issuer/x509-svid-00ff.key"));
}

TEST_F(IssuerTest, SurvivesADowntimeLongerThanItsAuthorities) {
  (void)open();
  clock_.advance(hours(1000));

  const auto issuer = open();

  const auto svid = issuer->mint_x509_svid(web, std::nullopt, {}, "");
  ASSERT_TRUE(svid) << svid.error().message();
  EXPECT_TRUE(spiffe::verify_x509_svid(svid->chain, issuer->bundle(), clock_.now()));
}

}  // namespace
}  // namespace entente::issuer
