// A month in the life of three trust domains that federate with one another. After every two hours, and at every turn
// of the story, the workloads' view is asserted: who authenticates whom, with the bundles that the Workload API
// answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spiffe/bundle_json.hpp"
#include "tests/integration/story/domain.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::test {
namespace {

using std::chrono::hours;
using testing::Contains;
using testing::Not;

constexpr Duration day = hours(24);
constexpr Duration step = hours(2);

trust::EndpointUrl url(const std::string& text) { return must(trust::EndpointUrl::parse(text)); }

class MonthTest : public testing::Test {
 protected:
  MonthTest() {
    serve("https://a.example/", a, [this] { return c.endpoint_svid("/mirror"); });
    serve("https://a.example/web", a, nullptr);
    serve("https://b.example/", b, [this] { return b.endpoint_svid("/edge"); });
    serve("https://b.example/web", b, nullptr);
    serve("https://c.example/", c, nullptr);
  }

  void serve(const std::string& at, StoryDomain& whose, std::function<spiffe::X509SvidPtr()> svid) {
    StoryEndpoint& endpoint = world.at(at);
    endpoint.document = [&whose] { return whose.document(); };
    endpoint.svid = std::move(svid);
    endpoint.web_roots = roots;
  }

  trust::Relationship by_web(const StoryDomain& peer, const std::string& at) const {
    return {peer.name(),  {url(at)}, trust::HttpsWeb{roots, {}},    nullptr, trust::SequenceRule::warn,
            std::nullopt, false,     trust::RelationshipSource::api};
  }
  trust::Relationship by_spiffe(const StoryDomain& peer, const std::string& at, const std::string& id) const {
    trust::Relationship relationship = by_web(peer, at);
    relationship.profile = trust::HttpsSpiffe{must(spiffe::SpiffeId::parse(id))};
    return relationship;
  }

  // a polls b at b's own https_spiffe endpoint, b polls a at one that proves itself as c's (FC-9), the rest by web.
  void federate_all() {
    a.give(b);
    a.federate(by_spiffe(b, "https://b.example/", "spiffe://b.test/edge"));
    a.federate(by_web(c, "https://c.example/"));
    b.federate(by_web(c, "https://c.example/"));
    b.federate(by_spiffe(a, "https://a.example/", "spiffe://c.test/mirror"));
    c.federate(by_web(a, "https://a.example/web"));
    c.federate(by_web(b, "https://b.example/web"));
  }

  void expect_view(const StoryDomain& here, const StoryDomain& peer, bool accepted, const char* when) {
    EXPECT_EQ(here.accepts_x509(peer), accepted) << here.name().name() << " of " << peer.name().name() << ": " << when;
    EXPECT_EQ(here.accepts_jwt(peer), accepted) << here.name().name() << " of " << peer.name().name() << ": " << when;
  }
  void expect_all_accept_all(const char* when) {
    for (const StoryDomain* here : {&a, &b, &c})
      for (const StoryDomain* peer : {&a, &b, &c}) expect_view(*here, *peer, true, when);
  }
  // Every two hours, as workloads would notice.
  template <class Check>
  void days(int count, Check check) {
    for (Duration passed{0}; passed < count * day; passed += step) {
      world.pass(step);
      check();
      if (HasFailure()) return;
    }
  }

  World world;
  TestAuthority web{"web.test", world.clock.now()};
  std::shared_ptr<const std::vector<crypto::Certificate>> roots = web.roots();
  StoryDomain a{world, "a.test"}, b{world, "b.test"}, c{world, "c.test"};
};

TEST_F(MonthTest, ShowsWorkloadsTheTruthAtEveryTurn) {
  federate_all();
  expect_all_accept_all("at once");

  // Days 1 to 5: every domain rotates on its schedule, and nobody notices. One is restarted.
  const auto first_of_a = a.bundle();
  days(3, [&] { expect_all_accept_all("while all rotate"); });
  b.stop();
  b.start();
  days(2, [&] { expect_all_accept_all("after a restart"); });
  EXPECT_FALSE(spiffe::same_authorities(*first_of_a, *a.bundle())) << "nothing rotated";

  // Day 6: a rotates by force. Its new identities are strangers until the peers' next polls, and only until then.
  a.rotate_now();
  expect_view(b, a, false, "right after a forced rotation");
  world.pass(step);
  expect_all_accept_all("at the first poll after a forced rotation");

  // Days 7 to 13: b's endpoints are away. What is held of it stays, ages, and is not trusted beyond its time.
  world.at("https://b.example/").up = world.at("https://b.example/web").up = false;
  const auto held_of_b = a.held(b)->bundle;
  world.pass(step);
  expect_all_accept_all("in the first hours of an outage");
  EXPECT_EQ(a.state(b), "failing");
  days(7, [&] {
    EXPECT_EQ(a.held(b)->bundle, held_of_b);
    expect_view(b, a, true, "b polls on while it is away");
    expect_view(a, c, true, "another peer is none the worse");
  });
  EXPECT_EQ(a.state(b), "stale");
  expect_view(a, b, false, "after a week without b");

  // Day 14: b is back. Over the web that is all; over SPIFFE a missed rotation needs the operator's word, once.
  world.at("https://b.example/").up = world.at("https://b.example/web").up = true;
  world.pass(step);
  expect_view(c, b, true, "b is back, over the web");
  expect_view(a, b, false, "b is back, over SPIFFE");
  a.give(b);
  expect_view(a, b, true, "a's operator gave b's bundle");
  world.pass(step);
  EXPECT_EQ(a.state(b), "current");
  expect_all_accept_all("all is well again");

  // Day 15: c serves a bundle from a backup. Nobody takes it; what is held stays.
  const std::string old_document = c.document();
  c.rotate_now();
  world.pass(step);
  const auto newest_of_c = a.held(c)->bundle;
  world.at("https://c.example/").document = [&] { return old_document; };
  days(1, [&] {
    EXPECT_EQ(a.held(c)->bundle, newest_of_c);
    expect_view(a, c, true, "while c serves an old bundle");
    expect_view(b, a, true, "another pair is none the worse");
  });
  EXPECT_EQ(a.state(c), "stale");
  EXPECT_EQ(a.status(c).attempts.last_error->code(), Errc::sequence_older);
  expect_view(a, c, true, "c serves an old bundle");
  EXPECT_THAT(a.history(c), Contains("refused"));
  // An operator who knows better takes it, and the next one as well.
  a.accept_next(c);
  EXPECT_EQ(*a.held(c)->bundle->sequence, *must(spiffe::parse_bundle(c.name(), old_document)).bundle.sequence);
  world.at("https://c.example/").document = [&] { return c.document(); };
  world.pass(step);
  expect_all_accept_all("c serves its newest bundle again");

  // Day 17: b holds back full replacements, and a loses its keys.
  trust::Relationship careful = by_spiffe(a, "https://a.example/", "spiffe://c.test/mirror");
  careful.policy = trust::ChangePolicy::overlap;
  b.change(careful);
  const auto before_the_loss = b.held(a)->bundle;
  a.lose_keys();
  days(1, [&] {
    EXPECT_EQ(b.held(a)->bundle, before_the_loss);
    expect_view(b, a, false, "while a's new keys are held by b");
    expect_view(c, a, true, "while a's new keys are held by b");
    expect_view(a, b, true, "while a's new keys are held by b");
  });
  EXPECT_EQ(b.state(a), "held");
  expect_view(b, a, false, "a's new keys are held by b");
  expect_view(c, a, true, "a's new keys are taken by c");
  b.approve(a);
  expect_all_accept_all("b's operator approved");
  world.pass(step);
  EXPECT_EQ(b.state(a), "current");

  // Day 20: c revokes everything. From the next poll on nobody trusts it, and nobody loses another for it.
  days(2, [&] { expect_all_accept_all("before the revocation"); });
  c.revoke_everything();
  world.pass(step);
  EXPECT_EQ(a.state(c), "revoked");
  for (const StoryDomain* here : {&a, &b}) expect_view(*here, c, false, "c revoked everything");
  expect_view(a, b, true, "c revoked everything");
  expect_view(b, a, true, "c revoked everything");
  // b's way to a led over c's identity: it fails aloud and keeps what it holds, until its operator changes the way.
  world.pass(step);
  EXPECT_EQ(b.state(a), "failing");
  const auto held_of_a = b.held(a)->bundle;
  b.change(by_web(a, "https://a.example/web"));
  EXPECT_EQ(b.state(a), "current");
  EXPECT_TRUE(spiffe::same_authorities(*held_of_a, *b.held(a)->bundle));
  days(5, [&] {
    expect_view(a, b, true, "by another way");
    expect_view(b, a, true, "by another way");
  });

  // Day 27: a ends it with b. That very moment a's workloads know b no more; b is free to trust a.
  a.end(b);
  expect_view(a, b, false, "a ended the relationship");
  expect_view(b, a, true, "a ended the relationship");
  days(2, [&] {
    expect_view(a, b, false, "the relationship is over");
    expect_view(b, a, true, "the relationship is over for a alone");
  });
  EXPECT_THAT(a.history(b), Contains("withdrawn"));

  // It is all on record.
  for (const char* action : {"given", "accepted"}) EXPECT_THAT(a.history(b), Contains(action));
  for (const char* action : {"held", "approved"}) EXPECT_THAT(b.history(a), Contains(action));
  EXPECT_THAT(a.history(c), Contains("accept_next"));
  EXPECT_THAT(c.history(a), Not(Contains("held")));
}

}  // namespace
}  // namespace entente::test
