// What an agent's two streams come to: no half is lost because the other was heard first, or alone.
#include "syncer/source/agent_answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

const Time now = std::chrono::system_clock::now();
const spiffe::TrustDomain own = *spiffe::TrustDomain::parse("own.test");

spiffe::BundleSet set_of(std::vector<spiffe::Bundle> bundles) {
  spiffe::BundleSet set;
  for (spiffe::Bundle& bundle : bundles) {
    const spiffe::TrustDomain name = bundle.trust_domain;
    set.emplace(name, std::make_shared<const spiffe::Bundle>(std::move(bundle)));
  }
  return set;
}

spiffe::Bundle x509_only(std::string_view name = "own.test") { return test::TestAuthority(name, now).bundle(); }
spiffe::Bundle jwt_only(const std::string& key_id = "key") {
  spiffe::Bundle bundle(own);
  bundle.jwt_authorities.push_back({key_id, crypto::PrivateKey::generate(crypto::KeyType::ec_p256)->public_key()});
  return bundle;
}
spiffe::Bundle both(const spiffe::Bundle& x509, const spiffe::Bundle& jwt) {
  spiffe::Bundle bundle = x509;
  bundle.jwt_authorities = jwt.jwt_authorities;
  return bundle;
}

TEST(AgentAnswers, AreNoBundleUntilBothStreamsHaveAnswered) {
  AgentAnswers x509_first(own), jwt_first(own);
  EXPECT_FALSE(x509_first.merged(nullptr));
  const spiffe::Bundle x509 = x509_only(), jwt = jwt_only();

  ASSERT_TRUE(x509_first.heard_x509(set_of({x509})));
  jwt_first.heard_jwt(set_of({jwt}));
  EXPECT_FALSE(x509_first.merged(nullptr));
  EXPECT_FALSE(jwt_first.merged(nullptr));
  x509_first.heard_jwt(set_of({jwt}));
  ASSERT_TRUE(jwt_first.heard_x509(set_of({x509})));

  EXPECT_TRUE(spiffe::same_authorities(*x509_first.merged(nullptr), both(x509, jwt)));
  EXPECT_TRUE(spiffe::same_authorities(*jwt_first.merged(nullptr), both(x509, jwt)));
}

TEST(AgentAnswers, LeaveTheHalfThatWasNotAnsweredAsItIsInUse) {
  const spiffe::Bundle in_use = both(x509_only(), jwt_only()), x509 = x509_only(), jwt = jwt_only("next");
  AgentAnswers x509_alone(own), jwt_alone(own);

  EXPECT_FALSE(x509_alone.merged(&in_use));
  ASSERT_TRUE(x509_alone.heard_x509(set_of({x509})));
  jwt_alone.heard_jwt(set_of({jwt}));

  EXPECT_TRUE(spiffe::same_authorities(*x509_alone.merged(&in_use), both(x509, in_use)));
  EXPECT_TRUE(spiffe::same_authorities(*jwt_alone.merged(&in_use), both(in_use, jwt)));
}

TEST(AgentAnswers, OfAnAgentWithoutJwtBundlesAreComplete) {
  const spiffe::Bundle x509 = x509_only();
  AgentAnswers without_profile(own), without_our_domain(own);

  ASSERT_TRUE(without_profile.heard_x509(set_of({x509})));
  without_profile.has_no_jwt();
  ASSERT_TRUE(without_our_domain.heard_x509(set_of({x509})));
  without_our_domain.heard_jwt({});

  EXPECT_TRUE(spiffe::same_authorities(*without_profile.merged(nullptr), x509));
  EXPECT_TRUE(spiffe::same_authorities(*without_our_domain.merged(nullptr), x509));
}

TEST(AgentAnswers, WithoutAWordOnJwtKeysTakeNoneAway) {
  const spiffe::Bundle x509 = x509_only(), jwt = jwt_only(), in_use = both(x509, jwt);
  AgentAnswers heard_before(own), in_use_before(own);

  ASSERT_TRUE(heard_before.heard_x509(set_of({x509})));
  heard_before.heard_jwt(set_of({jwt}));
  heard_before.heard_jwt({});
  ASSERT_TRUE(in_use_before.heard_x509(set_of({x509})));
  in_use_before.has_no_jwt();

  EXPECT_TRUE(spiffe::same_authorities(*heard_before.merged(nullptr), in_use));
  EXPECT_TRUE(spiffe::same_authorities(*in_use_before.merged(&in_use), in_use));
}

// WA-3
TEST(AgentAnswers, AreTakenAtTheirWordWhereTheySaySoThatASetIsEmpty) {
  const spiffe::Bundle in_use = both(x509_only(), jwt_only());
  AgentAnswers no_jwt(own), nothing(own);

  no_jwt.heard_jwt(set_of({spiffe::Bundle(own)}));
  ASSERT_TRUE(nothing.heard_x509(set_of({spiffe::Bundle(own)})));
  nothing.heard_jwt(set_of({spiffe::Bundle(own)}));

  EXPECT_TRUE(no_jwt.merged(&in_use)->jwt_authorities.empty());
  EXPECT_EQ(no_jwt.merged(&in_use)->x509_authorities, in_use.x509_authorities);
  EXPECT_TRUE(nothing.merged(&in_use)->empty());
}

TEST(AgentAnswers, OfAnotherTrustDomainsAgentCountForNothing) {
  const spiffe::Bundle in_use = both(x509_only(), jwt_only());
  AgentAnswers answers(own);

  const Status heard = answers.heard_x509(set_of(
      {x509_only("a.test"), x509_only("b.test"), x509_only("c.test"), x509_only("d.test"), x509_only("e.test")}));

  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code(), Errc::wrong_spiffe_id);
  EXPECT_THAT(heard.error().message(), testing::HasSubstr("a.test, b.test, c.test and 2 more and none of own.test"));
  EXPECT_FALSE(answers.merged(&in_use));
  EXPECT_FALSE(answers.heard_x509({}));
}

// The agent's federated bundles are not ours to publish.
TEST(AgentAnswers, TakeNothingOfAFederatedDomain) {
  const spiffe::Bundle x509 = x509_only();
  AgentAnswers answers(own);

  ASSERT_TRUE(answers.heard_x509(set_of({x509, x509_only("peer.test")})));
  answers.heard_jwt(set_of({jwt_only()}));

  EXPECT_EQ(answers.merged(nullptr)->x509_authorities, x509.x509_authorities);
  EXPECT_EQ(answers.merged(nullptr)->trust_domain, own);
}

}  // namespace
}  // namespace entente::syncer
