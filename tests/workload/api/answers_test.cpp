#include "workload/api/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/crypto/certificate.hpp"
#include "spiffe/workload/workload.pb.h"
#include "tests/workload/support/fake_domain.hpp"
#include "tests/workload/support/snapshots.hpp"

namespace entente::workload {
namespace {

using test::domain;
using test::snapshot_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Time now = from_unix_seconds(1'800'000'000);
const Visibility everyone{true, {}};

template <class Response>
Response read(const Result<Message>& message) {
  Response response;
  EXPECT_TRUE(message) << (message ? "" : message.error().message());
  if (!message) return response;
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(message->buffer().Dump(&slices).ok());
  EXPECT_EQ(slices.size(), 1U);
  EXPECT_TRUE(response.ParseFromArray(slices[0].begin(), static_cast<int>(slices[0].size())));
  return response;
}

template <class Map>
std::vector<std::string> names(const Map& bundles) {
  std::vector<std::string> all;
  for (const auto& [name, bytes] : bundles) all.push_back(name);
  return all;
}

class AnswersTest : public testing::Test {
 protected:
  trust::SnapshotPtr three() const { return snapshot_of(a.trust_domain(), {a.bundle(), b.bundle(), c.bundle()}); }

  test::FakeDomain a{"a.test", now}, b{"b.test", now}, c{"c.test", now};
};

// WA-7
TEST_F(AnswersTest, GiveTheOwnBundleAndTheFederatedOnesByTheirSpiffeIds) {
  const auto x509 = read<X509BundlesResponse>(x509_bundles(*three(), everyone));
  const auto jwt = read<JWTBundlesResponse>(jwt_bundles(*three(), everyone));

  EXPECT_THAT(names(x509.bundles()), UnorderedElementsAre("spiffe://a.test", "spiffe://b.test", "spiffe://c.test"));
  EXPECT_THAT(names(jwt.bundles()), UnorderedElementsAre("spiffe://a.test", "spiffe://b.test", "spiffe://c.test"));
  const auto certificates = crypto::certificates_from_der(as_bytes(x509.bundles().at("spiffe://b.test")));
  ASSERT_TRUE(certificates);
  EXPECT_EQ(*certificates, b.bundle().x509_authorities);
}

TEST_F(AnswersTest, LeaveOutFederatedBundlesThatTheCallersEntriesDoNotName) {
  const auto response = read<X509BundlesResponse>(x509_bundles(*three(), Visibility{false, {domain("c.test")}}));

  EXPECT_THAT(names(response.bundles()), UnorderedElementsAre("spiffe://a.test", "spiffe://c.test"));
}

TEST_F(AnswersTest, LeaveOutAFederatedBundleWithoutKeysOfTheResponsesKind) {
  spiffe::Bundle jwt_only = b.bundle();
  jwt_only.x509_authorities.clear();
  spiffe::Bundle x509_only = c.bundle();
  x509_only.jwt_authorities.clear();
  const trust::SnapshotPtr snapshot = snapshot_of(a.trust_domain(), {a.bundle(), jwt_only, x509_only});

  const auto x509 = read<X509BundlesResponse>(x509_bundles(*snapshot, everyone));
  const auto jwt = read<JWTBundlesResponse>(jwt_bundles(*snapshot, everyone));
  const auto svids = read<X509SVIDResponse>(x509_svids(*snapshot, {{a.svid("/web"), std::nullopt}}));

  EXPECT_THAT(names(x509.bundles()), UnorderedElementsAre("spiffe://a.test", "spiffe://c.test"));
  EXPECT_THAT(names(jwt.bundles()), UnorderedElementsAre("spiffe://a.test", "spiffe://b.test"));
  EXPECT_THAT(names(svids.federated_bundles()), UnorderedElementsAre("spiffe://c.test"));
}

// WA-7
TEST_F(AnswersTest, HoldTheOwnBundleEvenWhenItIsEmpty) {
  const trust::SnapshotPtr snapshot = snapshot_of(a.trust_domain(), {spiffe::Bundle(a.trust_domain())});

  const auto x509 = read<X509BundlesResponse>(x509_bundles(*snapshot, everyone));
  const auto jwt = read<JWTBundlesResponse>(jwt_bundles(*snapshot, everyone));

  EXPECT_THAT(names(x509.bundles()), ElementsAre("spiffe://a.test"));
  EXPECT_EQ(jwt.bundles().at("spiffe://a.test"), R"({"keys":[]})");
}

// WA-9
TEST_F(AnswersTest, GiveJwtBundlesWithoutX509KeysAndWithoutUse) {
  const auto response = read<JWTBundlesResponse>(jwt_bundles(*three(), everyone));

  const auto keys = nlohmann::json::parse(response.bundles().at("spiffe://b.test"))["keys"];
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0]["kid"], "key-of-b.test");
  EXPECT_FALSE(keys[0].contains("use"));
  EXPECT_FALSE(keys[0].contains("x5c"));
}

// WE-5
TEST_F(AnswersTest, AreUnavailableWhileTheOwnBundleIsMissing) {
  const trust::SnapshotPtr snapshot = snapshot_of(a.trust_domain(), {b.bundle()});

  for (const Result<Message>& answer : {x509_bundles(*snapshot, everyone), jwt_bundles(*snapshot, everyone),
                                        x509_svids(*snapshot, {{a.svid("/web"), std::nullopt}})}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Errc::unavailable);
    EXPECT_THAT(answer.error().message(), HasSubstr("a.test"));
  }
}

TEST_F(AnswersTest, HoldThePeersAloneWithoutAnOwnTrustDomain) {
  const trust::SnapshotPtr snapshot = snapshot_of(std::nullopt, {b.bundle(), c.bundle()});

  const auto response = read<X509BundlesResponse>(x509_bundles(*snapshot, everyone));

  EXPECT_THAT(names(response.bundles()), UnorderedElementsAre("spiffe://b.test", "spiffe://c.test"));
}

// WA-5, WA-12
TEST_F(AnswersTest, GiveX509SvidsInOrderWithEveryMandatoryField) {
  const spiffe::X509SvidPtr web = a.svid("/web", "external"), db = a.svid("/db");

  const auto response = read<X509SVIDResponse>(x509_svids(*three(), {{web, std::nullopt}, {db, std::nullopt}}));

  ASSERT_EQ(response.svids_size(), 2);
  const X509SVID& first = response.svids(0);
  EXPECT_EQ(first.spiffe_id(), "spiffe://a.test/web");
  EXPECT_EQ(first.hint(), "external");
  EXPECT_EQ(*crypto::certificates_from_der(as_bytes(first.x509_svid())), web->chain);
  EXPECT_EQ(*crypto::certificates_from_der(as_bytes(first.bundle())), a.bundle().x509_authorities);
  const auto key = crypto::PrivateKey::from_pkcs8_der(as_bytes(first.x509_svid_key()));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key(), web->chain.front().public_key());
  EXPECT_EQ(response.svids(1).spiffe_id(), "spiffe://a.test/db");
  EXPECT_THAT(names(response.federated_bundles()), UnorderedElementsAre("spiffe://b.test", "spiffe://c.test"));
}

TEST_F(AnswersTest, GiveTheFederatedBundlesThatAnyOfTheIdentitiesNames) {
  const std::vector<spiffe::TrustDomain> only_b{domain("b.test")}, none;

  const auto response = read<X509SVIDResponse>(x509_svids(*three(), {{a.svid("/web"), only_b}, {a.svid("/db"), none}}));

  EXPECT_THAT(names(response.federated_bundles()), ElementsAre("spiffe://b.test"));
}

// WA-6
TEST_F(AnswersTest, GiveAHintOnceAndTheLaterSvidWithout) {
  const auto response = read<X509SVIDResponse>(
      x509_svids(*three(), {{a.svid("/web", "x"), std::nullopt}, {a.svid("/db", "x"), std::nullopt}}));

  ASSERT_EQ(response.svids_size(), 2);
  EXPECT_EQ(response.svids(0).hint(), "x");
  EXPECT_THAT(response.svids(1).hint(), IsEmpty());
}

TEST_F(AnswersTest, AreUnavailableForX509SvidsWithoutAnOwnX509Authority) {
  spiffe::Bundle revoked = a.bundle();
  revoked.x509_authorities.clear();

  const Result<Message> answer =
      x509_svids(*snapshot_of(a.trust_domain(), {revoked}), {{a.svid("/web"), std::nullopt}});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
}

// WA-2: what is identical is told by its bytes.
TEST_F(AnswersTest, AreTheSameBytesForTheSameState) {
  const Result<Message> first = x509_bundles(*three(), everyone);
  const Result<Message> second = x509_bundles(*three(), everyone);
  const Result<Message> another = x509_bundles(*snapshot_of(a.trust_domain(), {a.bundle()}), everyone);

  ASSERT_TRUE(first && second && another);
  EXPECT_TRUE(*first == *second);
  EXPECT_FALSE(*first == *another);
}

}  // namespace
}  // namespace entente::workload
