#include "server/svid/succession.hpp"

#include <gtest/gtest.h>

#include "common/crypto/issue.hpp"

namespace entente::server {
namespace {

using namespace std::chrono_literals;
using crypto::PrivateKey;

const Time start = from_unix_seconds(1'800'000'000);

crypto::CertificateTemplate named(const std::string& uri, Time not_before, Time not_after) {
  crypto::CertificateTemplate wanted;
  wanted.uri_names = {uri};
  wanted.not_before = not_before;
  wanted.not_after = not_after;
  return wanted;
}

crypto::CertificateTemplate authority_of_a() {
  crypto::CertificateTemplate wanted = named("spiffe://a.test", start - 1h, start + 24h);
  wanted.subject = {{"CN", "a.test"}};
  wanted.ca = true;
  return wanted;
}

// An authority of a.test that signs SVIDs of the endpoint for an hour from `start`.
struct Authority {
  PrivateKey key = *PrivateKey::generate(crypto::KeyType::ec_p256);
  crypto::Certificate certificate = *crypto::issue_root(authority_of_a(), key);

  spiffe::X509Svid svid() const {
    PrivateKey leaf_key = *PrivateKey::generate(crypto::KeyType::ec_p256);
    std::vector<crypto::Certificate> chain = {*crypto::issue_certificate(
        named("spiffe://a.test/entente", start, start + 1h), leaf_key.public_key(), certificate, key)};
    return *spiffe::make_x509_svid(std::move(chain), std::move(leaf_key));
  }
};

spiffe::Bundle bundle_of(const std::vector<const Authority*>& authorities) {
  spiffe::Bundle bundle(*spiffe::TrustDomain::parse("a.test"));
  for (const Authority* authority : authorities) bundle.x509_authorities.push_back(authority->certificate);
  return bundle;
}

TEST(Succession, RenewsUnderTheSameAuthorityAtOnce) {
  const Authority one;
  Succession succession(25min);
  succession.saw(bundle_of({&one}), start);

  EXPECT_EQ(succession.due(one.svid(), one.svid(), start + 1min), start + 1min);
}

TEST(Succession, WaitsUntilPeersHadTimeToFetchTheNewAuthority) {
  const Authority old, fresh;
  Succession succession(25min);
  succession.saw(bundle_of({&old}), start);
  succession.saw(bundle_of({&old, &fresh}), start + 1min);
  // An unchanged bundle seen again does not begin the wait anew.
  succession.saw(bundle_of({&fresh, &old}), start + 10min);

  EXPECT_EQ(succession.due(old.svid(), fresh.svid(), start + 10min), start + 26min);
}

TEST(Succession, TakesAnAuthorityThatWasPublishedLongBeforeAtOnce) {
  const Authority old, fresh;
  Succession succession(5min);
  succession.saw(bundle_of({&old, &fresh}), start);

  EXPECT_LE(succession.due(old.svid(), fresh.svid(), start + 6min), start + 6min);
}

TEST(Succession, NeverShowsAnSvidUntilItsVeryEnd) {
  const Authority old, fresh;
  Succession succession(10h);
  succession.saw(bundle_of({&old, &fresh}), start);

  EXPECT_EQ(succession.due(old.svid(), fresh.svid(), start + 1min), start + 54min);
}

TEST(Succession, LeavesAnAuthorityThatWasWithdrawnAtOnce) {
  const Authority old, fresh;
  Succession succession(25min);
  succession.saw(bundle_of({&old, &fresh}), start);
  succession.saw(bundle_of({&fresh}), start + 1min);

  EXPECT_EQ(succession.due(old.svid(), fresh.svid(), start + 1min), start + 1min);
}

}  // namespace
}  // namespace entente::server
