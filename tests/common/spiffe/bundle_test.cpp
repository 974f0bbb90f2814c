#include "common/spiffe/bundle.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using test::key_of;

Bundle some_bundle() {
  Bundle bundle = test::bundle_of("a.test", {test::root_of("a.test"), test::root_of("a.test")});
  bundle.jwt_authorities = {{"k1", key_of(KeyType::ec_p256).public_key()},
                            {"k2", key_of(KeyType::ec_p384).public_key()}};
  bundle.sequence = 1;
  return bundle;
}

void expect_different(const Bundle& a, const Bundle& b) {
  EXPECT_FALSE(same_authorities(a, b));
  EXPECT_NE(authorities_digest(a), authorities_digest(b));
}

TEST(Bundle, IsComparedByItsKeysAndNotByTheirOrder) {
  const Bundle bundle = some_bundle();
  Bundle other = bundle;
  std::reverse(other.x509_authorities.begin(), other.x509_authorities.end());
  std::reverse(other.jwt_authorities.begin(), other.jwt_authorities.end());
  other.jwt_authorities.push_back(other.jwt_authorities.front());
  other.sequence = 99;
  other.refresh_hint = std::chrono::seconds(1);

  EXPECT_TRUE(same_authorities(bundle, other));
  EXPECT_EQ(authorities_digest(bundle), authorities_digest(other));
  EXPECT_EQ(authorities_digest(bundle).size(), 64U);
}

TEST(Bundle, DiffersWithAnyKeyUseOrKeyId) {
  const Bundle bundle = some_bundle();
  Bundle fewer = bundle, renamed = bundle, another_use = bundle, swapped = bundle;
  fewer.x509_authorities.pop_back();
  renamed.jwt_authorities[0].key_id = "k3";
  another_use.wit_authorities.push_back(another_use.jwt_authorities.back());
  another_use.jwt_authorities.pop_back();
  std::swap(swapped.jwt_authorities[0].key_id, swapped.jwt_authorities[1].key_id);

  for (const Bundle& other : {fewer, renamed, another_use, swapped}) expect_different(bundle, other);
}

// TB-6
TEST(Bundle, IsEmptyWithoutAnyKey) {
  Bundle bundle(test::domain("a.test"));
  EXPECT_TRUE(bundle.empty());
  EXPECT_FALSE(any_authority_valid(bundle, test::now));

  bundle.wit_authorities = {{"k", key_of(KeyType::ec_p256).public_key()}};
  EXPECT_FALSE(bundle.empty());
  EXPECT_TRUE(any_authority_valid(bundle, test::now));
}

TEST(Bundle, KnowsWhenItsAuthoritiesEnd) {
  auto early = test::root_template("a.test");
  early.not_after = test::now;
  const auto first = crypto::issue_root(early, key_of(KeyType::ec_p256)).value();
  const Bundle both = test::bundle_of("a.test", {test::root_of("a.test"), first});

  EXPECT_EQ(earliest_expiry(both), test::now);
  EXPECT_FALSE(earliest_expiry(Bundle(test::domain("a.test"))));
  EXPECT_TRUE(any_authority_valid(both, test::valid_to));
  EXPECT_FALSE(any_authority_valid(both, test::valid_to + std::chrono::seconds(1)));
}

TEST(Bundle, FindsAJwtAuthorityByItsKeyId) {
  const Bundle bundle = some_bundle();

  EXPECT_EQ(find_jwt_authority(bundle, "k2"), &bundle.jwt_authorities[1]);
  EXPECT_EQ(find_jwt_authority(bundle, "K2"), nullptr);
}

}  // namespace
}  // namespace entente::spiffe
