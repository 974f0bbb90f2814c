#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using trust::RelationshipState;

class Relationships : public SyncerTest {};

// FC-16
TEST_F(Relationships, ThatEndTakeTheirBundlesAlong) {
  const std::string of_c = "https://c.example/";
  const TestAuthority c("c.test", clock.now());
  network.at(url).serve(document(b.bundle(7)));
  network.at(of_c).serve(document(c.bundle(1)));
  set({web("b.test"), web("c.test", of_c)});
  until_polled("b.test", 1);
  until_polled("c.test", 1, of_c);

  set({web("c.test", of_c)});
  advance(24h);

  EXPECT_FALSE(held("b.test"));
  EXPECT_FALSE(syncer->status(domain("b.test")));
  EXPECT_EQ(requests(), 1U);
  EXPECT_TRUE(held("c.test"));
  EXPECT_EQ(syncer->statuses().size(), 1U);
}

// FC-16: whatever is under way at that moment.
TEST_F(Relationships, ThatEndDuringAPollStayEnded) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);
  network.at(url).hang();
  advance(5min);
  until([&] { return network.at(url).under_way() == 1; });

  set({});
  advance(24h);

  EXPECT_EQ(network.at(url).cancelled(), 1);
  EXPECT_FALSE(held("b.test"));
  EXPECT_TRUE(stored->store.load().value().records.empty());
}

TEST_F(Relationships, ThatEndAreEndedForThoseWhoWaitToo) {
  network.at(url).hang();
  set({web("b.test")});
  until([&] { return network.at(url).under_way() == 1; });
  std::optional<Error> error;
  asio::co_spawn(io, syncer->refresh(domain("b.test")), [&](std::exception_ptr, const auto& result) {
    if (!result) error = result.error();
  });
  turn();

  set({});
  until([&] { return error.has_value(); });

  EXPECT_EQ(error->code(), Errc::not_found);
}

// FC-16: what a former configuration left behind.
TEST_F(Relationships, ThatNobodyNamesAnyMoreAreWithdrawnAtTheStart) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);
  close();

  open();
  EXPECT_TRUE(held("b.test"));
  set({});

  EXPECT_FALSE(held("b.test"));
}

TEST_F(Relationships, NeverTouchOurOwnTrustDomainsBundle) {
  trust::BundleRecord own;
  own.bundle = TestAuthority("own.test", clock.now()).shared_bundle();
  own.origin = trust::Origin::own;
  run(io, ledger->apply(domain("own.test"), 0, own, std::nullopt)).value();

  set({web("own.test")});
  set({});
  turn();

  EXPECT_TRUE(held("own.test"));
  EXPECT_EQ(requests(), 0U);
}

// FC-8: a restart serves and validates by what was stored.
TEST_F(Relationships, GoOnAfterARestartWithWhatWasStored) {
  const auto relationship = spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle());
  network.at(url).serve(document(b_next.bundle(8)));
  set({relationship});
  until_polled("b.test", 1);
  network.at(url).fail(Errc::connect, "connect: connection refused");
  close();

  open();
  EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b_next.bundle())) << "before any poll";
  set({relationship});
  until_polled("b.test", 2);

  EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b_next.bundle()))
      << "the bootstrap bundle is older news";
  const auto& anchors = std::get<syncer::SpiffeAnchors>(network.at(url).requests().back().anchors);
  EXPECT_TRUE(spiffe::same_authorities(*anchors.bundle, b_next.bundle()));
  EXPECT_EQ(status("b.test").state, RelationshipState::failing);
}

// FC-7
TEST_F(Relationships, BeginWithTheirBootstrapBundle) {
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())});

  ASSERT_TRUE(held("b.test"));
  EXPECT_EQ(held("b.test")->origin, trust::Origin::bootstrap);
  EXPECT_EQ(status("b.test").state, RelationshipState::pending);
}

TEST_F(Relationships, TakeABootstrapBundleThatTheOperatorChanged) {
  network.at(url).serve(document(b.bundle(7)));
  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())});
  until_polled("b.test", 1);
  network.at(url).fail(Errc::tls, "tls: a rotation was missed");

  set({spiffe_profile("b.test", url, "spiffe://b.test/entente", b_next.shared_bundle())});
  until_polled("b.test", 2);

  EXPECT_TRUE(spiffe::same_authorities(*held("b.test")->bundle, b_next.bundle()));
  const auto& anchors = std::get<syncer::SpiffeAnchors>(network.at(url).requests().back().anchors);
  EXPECT_TRUE(spiffe::same_authorities(*anchors.bundle, b_next.bundle()));
}

// FC-2
TEST_F(Relationships, ThatChangeKeepTheirBundleAndArePolledAnew) {
  const std::string other = "https://b2.example/";
  network.at(url).serve(document(b.bundle(7)), "\"seven\"");
  set({web("b.test")});
  until_polled("b.test", 1);
  network.at(other).hang();

  set({web("b.test", other)});
  until([&] { return network.at(other).under_way() == 1; });

  EXPECT_TRUE(held("b.test"));
  EXPECT_EQ(network.at(other).requests()[0].etag, "") << "the entity tag was the other URL's";
  EXPECT_EQ(status("b.test").relationship->endpoint_url().str(), other);
  advance(24h);
  EXPECT_EQ(requests(), 1U);
}

TEST_F(Relationships, ThatAreSaidAgainGoOnUndisturbed) {
  network.at(url).serve(document(b.bundle(7)));
  set({web("b.test")});
  until_polled("b.test", 1);

  set({web("b.test")});
  turn();

  EXPECT_EQ(requests(), 1U);
  EXPECT_TRUE(status("b.test").attempts.last_success);
}

TEST_F(Relationships, SetTwiceAtOnceEndAsTheLaterSays) {
  network.at(url).serve(document(b.bundle(7)));
  int done = 0;
  asio::co_spawn(io, syncer->set_relationships({web("b.test")}, policy), [&](std::exception_ptr) { ++done; });
  asio::co_spawn(io, syncer->set_relationships({}, policy), [&](std::exception_ptr) { ++done; });

  until([&] { return done == 2; });
  turn();

  EXPECT_TRUE(syncer->statuses().empty());
  EXPECT_FALSE(held("b.test"));
}

TEST_F(Relationships, AreReportedInOrder) {
  set({web("z.test"), web("a.test", "https://a.example/"), web("m.test", "https://m.example/")});

  std::vector<std::string> names;
  for (const auto& each : syncer->statuses()) names.push_back(each.relationship->trust_domain.name());
  EXPECT_THAT(names, testing::ElementsAre("a.test", "m.test", "z.test"));
}

TEST_F(Relationships, RestWhenStopped) {
  network.at(url).hang();
  set({web("b.test")});
  until([&] { return network.at(url).under_way() == 1; });

  run(io, syncer->stop());
  const auto refreshed = run(io, syncer->refresh(domain("b.test")));
  advance(24h);

  EXPECT_EQ(network.at(url).under_way(), 0);
  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(refreshed.error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace entente::test
