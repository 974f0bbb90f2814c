// Relationships that are put and erased one by one, while everything goes on.
#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using trust::RelationshipState;

class Changes : public SyncerTest {
 protected:
  void put(trust::RelationshipPtr relationship) { EXPECT_TRUE(run(io, syncer->put(std::move(relationship)))); }
  void erase(std::string_view trust_domain) { run(io, syncer->erase(domain(trust_domain), actor)); }
};

TEST_F(Changes, BeginAndEndOneRelationshipAndLeaveTheOthersAlone) {
  const std::string of_c = "https://c.example/";
  const TestAuthority c("c.test", clock.now());
  network.at(url).serve(document(b.bundle(7)));
  network.at(of_c).serve(document(c.bundle(1)));
  set({web("b.test")});
  until_polled("b.test", 1);

  put(web("c.test", of_c));
  until_polled("c.test", 1, of_c);
  EXPECT_TRUE(uses("c.test", c.bundle()));
  EXPECT_EQ(requests(), 1U) << "b was polled by its own schedule alone";

  erase("c.test");
  EXPECT_FALSE(held("c.test"));
  EXPECT_FALSE(syncer->status(domain("c.test")));
  EXPECT_TRUE(uses("b.test", b.bundle()));
  advance(24h);
  EXPECT_EQ(requests(of_c), 1U);
}

// FC-16: within the call, whatever is under way at that moment.
TEST_F(Changes, EndDuringAPoll) {
  network.at(url).serve(document(b.bundle(7)));
  put(web("b.test"));
  until_polled("b.test", 1);
  network.at(url).hang();
  advance(5min);
  until([&] { return network.at(url).under_way() == 1; });

  erase("b.test");

  EXPECT_EQ(network.at(url).cancelled(), 1);
  EXPECT_FALSE(held("b.test"));
  network.at(url).serve(document(b_next.bundle(8)));
  advance(24h);
  EXPECT_FALSE(held("b.test"));
}

// FC-16: whatever its origin, also what waits.
TEST_F(Changes, EndTakesAlongWhatAnOperatorGaveAndWhatWaits) {
  network.at(url).fail(Errc::connect, "refused");
  put(web("b.test"));
  ASSERT_TRUE(run(io, operators->give(b.shared_bundle(), actor)));
  erase("b.test");
  EXPECT_FALSE(held("b.test"));

  network.at(url).serve(document(b.bundle(7)));
  put(with_policy("b.test", trust::ChangePolicy::approve));
  until([&] { return waiting("b.test") != nullptr; });
  erase("b.test");
  EXPECT_FALSE(ledger->current()->find_any(domain("b.test")));
}

TEST_F(Changes, KeepAtTheStartWhatAnOperatorGaveWithoutARelationship) {
  ASSERT_TRUE(run(io, operators->give(b.shared_bundle(), actor)));
  ASSERT_TRUE(
      run(io, operators->import(TestAuthority("c.test", clock.now()).shared_bundle(), {"c.jws", "", ""}, {}, actor)));
  close();

  open();
  set({});

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_TRUE(held("c.test"));
}

TEST_F(Changes, KeepAtTheStartTheBundleOfARelationshipThatCannotBeRead) {
  network.at(url).serve(document(b.bundle(7)));
  put(web("b.test"));
  until([&] { return held("b.test"); });
  close();

  stored->unreadable_definitions = {{"relationship b.test", Error(Errc::schema, "version 9 is not known")}};
  open();
  set({});

  EXPECT_TRUE(uses("b.test", b.bundle()));
}

TEST_F(Changes, WithdrawAtTheStartWhatWaitsForARelationshipThatHasGone) {
  network.at(url).serve(document(b.bundle(7)));
  put(with_policy("b.test", trust::ChangePolicy::approve));
  until([&] { return waiting("b.test") != nullptr; });
  close();

  open();
  set({});

  EXPECT_FALSE(ledger->current()->find_any(domain("b.test")));
}

// FC-2: the bundle held stays, in use for everybody, through each of them.
TEST_F(Changes, OfUrlAndProfileKeepTheBundle) {
  const std::string other = "https://b2.example/";
  network.at(url).serve(document(b.bundle(7)), "\"seven\"");
  network.at(other).fail(Errc::connect, "refused");
  put(web("b.test"));
  until_polled("b.test", 1);
  const spiffe::BundlePtr bundle = held("b.test")->bundle;

  put(web("b.test", other));
  EXPECT_EQ(held("b.test")->bundle, bundle);
  put(spiffe_profile("b.test", other, "spiffe://b.test/entente", nullptr));
  EXPECT_EQ(held("b.test")->bundle, bundle);
  until_polled("b.test", 2, other);
  EXPECT_EQ(std::get<syncer::SpiffeAnchors>(network.at(other).requests().back().anchors).bundle, bundle);
  put(web("b.test"));
  until_polled("b.test", 2);
  EXPECT_EQ(network.at(url).requests().back().etag, "");
  EXPECT_EQ(held("b.test")->bundle, bundle);
  EXPECT_EQ(actions("b.test"), "accepted");
}

// FC-2: from SPIFFE to web and back, each as one update; the anchors are of the profile that holds, and the bundle in
// use is the same one all the way.
TEST_F(Changes, OfTheProfileFromSpiffeToWebAndBackHoldFromTheNextPollOn) {
  network.at(url).serve(document(b.bundle(7)));
  const auto spiffe_one = spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle());
  put(spiffe_one);
  until_polled("b.test", 1);
  const spiffe::BundlePtr bundle = held("b.test")->bundle;
  const std::string record = actions("b.test");

  put(web("b.test"));
  EXPECT_EQ(held("b.test")->bundle, bundle) << "before the first poll by web";
  until_polled("b.test", 2);
  EXPECT_EQ(status("b.test").state, RelationshipState::current);
  put(spiffe_one);
  EXPECT_EQ(held("b.test")->bundle, bundle) << "before the first poll by SPIFFE again";
  until_polled("b.test", 3);

  const auto& asked = network.at(url).requests();
  EXPECT_TRUE(std::holds_alternative<syncer::SpiffeAnchors>(asked[0].anchors));
  EXPECT_TRUE(std::holds_alternative<syncer::WebAnchors>(asked[1].anchors));
  ASSERT_TRUE(std::holds_alternative<syncer::SpiffeAnchors>(asked[2].anchors));
  const auto& again = std::get<syncer::SpiffeAnchors>(asked[2].anchors);
  EXPECT_EQ(again.bundle, bundle) << "what is held proves the endpoint, not the bootstrap bundle";
  EXPECT_EQ(status("b.test").state, RelationshipState::current);
  EXPECT_EQ(held("b.test")->bundle, bundle);
  EXPECT_EQ(actions("b.test"), record);
}

// FC-9: c's endpoint lives in b's trust domain, and d's in c's.
TEST_F(Changes, OfOneRelationshipReachThoseThatProveThemselvesByIt) {
  const std::string of_c = "https://c.example/", of_d = "https://d.example/";
  const TestAuthority c("c.test", clock.now()), d("d.test", clock.now());
  network.at(of_c).serve(document(c.bundle(1)));
  network.at(of_d).serve(document(d.bundle(1)));
  put(spiffe_profile("d.test", of_d, "spiffe://c.test/for-d", nullptr));
  put(spiffe_profile("c.test", of_c, "spiffe://b.test/for-c", nullptr));
  until([&] { return status("c.test").attempts.last_error.has_value(); });
  EXPECT_EQ(status("c.test").attempts.last_error->code(), Errc::no_bootstrap_bundle);

  put(spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle()));
  advance(30s);
  until_polled("c.test", 1, of_c);
  advance(30s);
  until_polled("d.test", 1, of_d);

  EXPECT_TRUE(uses("c.test", c.bundle()));
  EXPECT_TRUE(uses("d.test", d.bundle()));
  const auto& for_d = std::get<syncer::SpiffeAnchors>(network.at(of_d).requests().back().anchors);
  EXPECT_TRUE(spiffe::same_authorities(*for_d.bundle, c.bundle()));
  erase("b.test");
  advance(24h);
  EXPECT_EQ(status("c.test").attempts.last_error->code(), Errc::no_bootstrap_bundle);
  EXPECT_TRUE(uses("c.test", c.bundle())) << "what it is withdrawn of is b's, and nothing else";
}

TEST_F(Changes, OfOurOwnTrustDomainAreIgnored) {
  put(web("own.test"));

  EXPECT_TRUE(syncer->statuses().empty());
  EXPECT_EQ(requests(), 0U);
}

TEST_F(Changes, SayWhoGaveABootstrapBundle) {
  ASSERT_TRUE(run(io, syncer->put(spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle()), actor)));

  EXPECT_EQ(actions("b.test"), "bootstrap");
  EXPECT_EQ(history("b.test")[0]->by, actor);
}

TEST_F(Changes, AnswerWhyABootstrapBundleIsNotTakenAndPollAllTheSame) {
  const std::string other = "https://b2.example/";
  network.at(url).serve(document(b.bundle(7)));
  network.at(other).serve(document(b.bundle(8)));
  put(web("b.test"));
  until_polled("b.test", 1);
  trust::Relationship changed = definition("b.test", {other});
  changed.bootstrap_bundle = TestAuthority("c.test", clock.now()).shared_bundle();

  const Status answered = run(io, syncer->put(share(std::move(changed)), actor));

  ASSERT_FALSE(answered);
  EXPECT_THAT(answered.error().message(), testing::HasSubstr("c.test"));
  until_polled("b.test", 1, other);
  EXPECT_EQ(held("b.test")->bundle->sequence, 8U);
}

TEST_F(Changes, OfWhatIsNotThereAreNothing) {
  erase("b.test");

  EXPECT_FALSE(held("b.test"));
  EXPECT_EQ(actions("b.test"), "");
}

// Eight clients, each with its own trust domains, and one that they fight over.
asio::awaitable<void> client(syncer::Syncer& syncer, int number, std::vector<trust::RelationshipPtr> own,
                             trust::RelationshipPtr shared, int& done) {
  const trust::Actor by{1000, "a client"};
  for (std::size_t i = 0; i < own.size(); ++i) {
    EXPECT_TRUE(co_await syncer.put(own[i]));
    EXPECT_TRUE(co_await syncer.put(shared));
    if (i % 2 == 1) co_await syncer.erase(own[i]->trust_domain, by);
    if (i % 3 == static_cast<std::size_t>(number) % 3) co_await syncer.erase(shared->trust_domain, by);
  }
  EXPECT_TRUE(co_await syncer.put(shared));
  ++done;
}

TEST_F(Changes, OfManyAtOnceEndAsTheirCallersWereTold) {
  constexpr int clients = 8, each = 24;
  network.at(url).serve(document(b.bundle(7)));
  int done = 0;
  for (int number = 0; number < clients; ++number) {
    std::vector<trust::RelationshipPtr> own;
    for (int i = 0; i < each; ++i) {
      const std::string name = "d" + std::to_string(number) + "-" + std::to_string(i) + ".test";
      const std::string endpoint = "https://" + name + "/";
      network.at(endpoint).serve(document(TestAuthority(name, clock.now()).bundle(1)));
      own.push_back(web(name, endpoint));
    }
    asio::co_spawn(io, client(*syncer, number, std::move(own), web("b.test"), done), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  until([&] { return done == clients; });
  until([&] { return ledger->current()->records.size() == clients * each / 2 + 1; });

  EXPECT_EQ(syncer->statuses().size(), static_cast<std::size_t>(clients * each / 2 + 1));
  for (const auto& one : syncer->statuses())
    EXPECT_TRUE(held(one.relationship->trust_domain.name())) << one.relationship->trust_domain.name();
}

}  // namespace
}  // namespace entente::test
