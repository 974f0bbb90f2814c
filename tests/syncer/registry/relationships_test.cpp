#include "syncer/registry/relationships.hpp"

#include "tests/syncer/peer/fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using trust::Relationship;

class Registry : public SyncerTest {
 protected:
  Registry() { begin(); }
  ~Registry() override { relationships.reset(); }

  void begin(List of_config = {}) {
    relationships.emplace(io.get_executor(), *syncer, *ledger, log);
    configure(std::move(of_config));
  }
  void restart(List of_config = {}) {
    relationships.reset();
    close();
    open();
    begin(std::move(of_config));
  }
  void configure(List of_config, trust::ChangePolicy policy_of_all = trust::ChangePolicy::accept) {
    run(io, relationships->configure(std::move(of_config), "/etc/entente.yaml", policy, policy_of_all));
  }
  Status create(Relationship relationship) { return run(io, relationships->create(std::move(relationship), actor)); }
  Status update(Relationship relationship) { return run(io, relationships->update(std::move(relationship), actor)); }
  Status erase(std::string_view trust_domain) { return run(io, relationships->erase(domain(trust_domain), actor)); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& relationship : relationships->all()) names.push_back(relationship->trust_domain.name());
    EXPECT_EQ(names.size(), relationships->count());
    return names;
  }
  std::vector<std::string> polled() const {
    std::vector<std::string> names;
    for (const auto& status : syncer->statuses()) names.push_back(status.relationship->trust_domain.name());
    return names;
  }

  std::optional<syncer::Relationships> relationships;
};

TEST_F(Registry, KeepsWhatTheApiMadeAndPollsIt) {
  network.at(url).serve(document(b.bundle(7)));

  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(relationships->find(domain("b.test"))->source, trust::RelationshipSource::api);
  restart();
  EXPECT_THAT(names(), ElementsAre("b.test"));
  EXPECT_TRUE(uses("b.test", b.bundle()));
  until_polled("b.test", 2);
}

TEST_F(Registry, TellsItsListenersOnceARelationshipCameOrWent) {
  std::vector<std::size_t> seen;
  relationships->on_change([&] { seen.push_back(relationships->count()); });

  ASSERT_TRUE(create(definition("b.test", {url})));
  configure({web("c.test", "https://c.example/")});
  ASSERT_TRUE(erase("b.test"));

  EXPECT_THAT(seen, ElementsAre(1U, 2U, 1U));
}

TEST_F(Registry, SaysWhatIsThereAlreadyAndWhatIsNot) {
  ASSERT_TRUE(create(definition("b.test", {url})));

  EXPECT_EQ(create(definition("b.test", {url})).error().code(), Errc::already_exists);
  EXPECT_EQ(update(definition("c.test", {url})).error().code(), Errc::not_found);
  EXPECT_EQ(erase("c.test").error().code(), Errc::not_found);
  EXPECT_TRUE(run(io, relationships->set(definition("b.test", {url}), actor)));
  EXPECT_TRUE(run(io, relationships->set(definition("c.test", {url}), actor)));
  EXPECT_THAT(names(), ElementsAre("b.test", "c.test"));
}

TEST_F(Registry, StoresNothingThatIsWrong) {
  const Status refused = create(definition("own.test", {url}));

  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  EXPECT_THAT(refused.error().message(), HasSubstr("trust_domain: own.test"));
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(ledger->relationships().empty());
}

// FC-2, FC-8: spiffe, to web, and back, each as one update; the bundle stays throughout.
TEST_F(Registry, UpdatesKeepTheBundle) {
  network.at(url).serve(document(b.bundle(7)));
  Relationship by_spiffe = *spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle());
  ASSERT_TRUE(create(by_spiffe));
  until_polled("b.test", 1);
  const auto bundle = held("b.test")->bundle;

  ASSERT_TRUE(update(definition("b.test", {url, "https://b2.example/"})));
  EXPECT_EQ(held("b.test")->bundle, bundle);
  until_polled("b.test", 2);
  ASSERT_TRUE(update(by_spiffe));
  EXPECT_EQ(held("b.test")->bundle, bundle);
  until_polled("b.test", 3);

  EXPECT_EQ(status("b.test").state, trust::RelationshipState::current);
  EXPECT_EQ(actions("b.test"), "bootstrap accepted");
}

// FC-16
TEST_F(Registry, EndsARelationshipForGood) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);

  ASSERT_TRUE(erase("b.test"));

  EXPECT_FALSE(held("b.test"));
  EXPECT_TRUE(polled().empty());
  EXPECT_EQ(history("b.test").back()->by, actor);
  restart();
  EXPECT_TRUE(names().empty());
  EXPECT_FALSE(held("b.test"));
}

// As if killed between the two: the definition is gone, the bundle is not.
TEST_F(Registry, WithdrawsAtTheStartWhatADeleteDidNotGetTo) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);
  ASSERT_TRUE(run(io, ledger->write_registry({store::RemoveRelationship{domain("b.test")}})));

  restart();

  EXPECT_FALSE(held("b.test"));
  EXPECT_TRUE(names().empty());
}

TEST_F(Registry, DeletesWhatCannotBeRead) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);
  ASSERT_TRUE(run(io, ledger->write_registry({store::RemoveRelationship{domain("b.test")}})));
  stored->unreadable_definitions = {{"relationship b.test", Error(Errc::schema, "version 9 is not known")}};
  restart();
  EXPECT_TRUE(uses("b.test", b.bundle())) << "damage ends nothing";

  EXPECT_TRUE(erase("b.test"));

  EXPECT_FALSE(held("b.test"));
}

TEST_F(Registry, CreatesAndChangesNothingWhereTheStoreRefuses) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);
  stored->refusing = true;

  const Status created = create(definition("c.test", {"https://c.example/"}));
  const Status updated = update(definition("b.test", {"https://b2.example/"}));

  EXPECT_EQ(created.error().code(), Errc::store);
  EXPECT_EQ(updated.error().code(), Errc::store);
  EXPECT_THAT(polled(), ElementsAre("b.test"));
  EXPECT_EQ(status("b.test").relationship->endpoint_url().str(), url);
  EXPECT_TRUE(uses("b.test", b.bundle()));
}

// FC-16
TEST_F(Registry, EndsTrustAtOnceWhereTheStoreRefusesAndSaysWhatIsLeftToDo) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);
  stored->refusing = true;

  const Status erased = erase("b.test");

  EXPECT_EQ(erased.error().code(), Errc::store);
  EXPECT_THAT(erased.error().message(), HasSubstr("b.test is polled no more and its bundle is withdrawn"));
  EXPECT_THAT(erased.error().message(), HasSubstr("could not be removed: disk full"));
  EXPECT_THAT(erased.error().message(), HasSubstr("run the delete again"));
  EXPECT_FALSE(held("b.test"));
  configure({});
  EXPECT_TRUE(polled().empty()) << "a reload does not bring it back";
  EXPECT_TRUE(names().empty());
  EXPECT_FALSE(relationships->find(domain("b.test")));

  stored->refusing = false;
  EXPECT_TRUE(erase("b.test"));
  restart();
  EXPECT_TRUE(names().empty());
  EXPECT_FALSE(held("b.test"));
}

TEST_F(Registry, MakesARelationshipAnewThatTheStoreWouldNotLetGoOf) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);
  stored->refusing = true;
  ASSERT_FALSE(erase("b.test"));
  stored->refusing = false;

  EXPECT_EQ(update(definition("b.test", {url})).error().code(), Errc::not_found);
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 2);

  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_THAT(names(), ElementsAre("b.test"));
}

TEST_F(Registry, LeavesTheConfigurationsRelationshipsToTheFile) {
  configure({web("b.test")});

  for (const Status& refused : {create(definition("b.test", {url})), update(definition("b.test", {url})),
                                run(io, relationships->set(definition("b.test", {url}), actor)), erase("b.test")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::permission_denied);
    EXPECT_THAT(refused.error().message(), HasSubstr("/etc/entente.yaml"));
  }
  EXPECT_THAT(polled(), ElementsAre("b.test"));
}

TEST_F(Registry, HidesWhatTheConfigurationClaimsUntilItLetsGo) {
  const std::string of_file = "https://file.example/";
  network.at(url).serve(document(b.bundle(7)));
  network.at(of_file).fail(Errc::connect, "refused");
  ASSERT_TRUE(create(definition("b.test", {url})));
  until_polled("b.test", 1);

  configure({web("b.test", of_file)});
  EXPECT_EQ(relationships->find(domain("b.test"))->endpoint_url().str(), of_file);
  EXPECT_EQ(status("b.test").relationship->endpoint_url().str(), of_file);
  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_EQ(erase("b.test").error().code(), Errc::permission_denied);
  EXPECT_THAT(names(), ElementsAre("b.test"));

  configure({});
  EXPECT_EQ(relationships->find(domain("b.test"))->endpoint_url().str(), url);
  EXPECT_EQ(status("b.test").relationship->endpoint_url().str(), url);
  EXPECT_TRUE(uses("b.test", b.bundle()));
  EXPECT_TRUE(erase("b.test"));
}

TEST_F(Registry, AppliesTheFilesDifferencesAlone) {
  const std::string of_c = "https://c.example/";
  network.at(url).serve(document(b.bundle(7)));
  network.at(of_c).serve(document(TestAuthority("c.test", clock.now()).bundle(1)));
  ASSERT_TRUE(create(definition("a.test", {"https://a.example/"})));
  configure({web("b.test"), web("c.test", of_c)});
  until_polled("b.test", 1);
  until_polled("c.test", 1, of_c);

  configure({web("b.test")}, trust::ChangePolicy::overlap);
  turn();

  EXPECT_THAT(names(), ElementsAre("a.test", "b.test"));
  EXPECT_EQ(requests(), 1U) << "b goes on undisturbed";
  EXPECT_FALSE(held("c.test"));
  EXPECT_EQ(relationships->default_policy(), trust::ChangePolicy::overlap);
  EXPECT_EQ(status("b.test").policy, trust::ChangePolicy::overlap);
}

TEST_F(Registry, LeavesWhatBeganWithABundleUndisturbedByAReload) {
  network.at(url).serve(document(b.bundle(7)));
  ASSERT_TRUE(create(*spiffe_profile("b.test", url, "spiffe://b.test/entente", b.shared_bundle())));
  until_polled("b.test", 1);

  configure({web("c.test", "https://c.example/")});
  turn();

  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(actions("b.test"), "bootstrap accepted");
}

// Eight clients over the same trust domains: the last answer of each says what there is.
struct Told {
  std::map<std::string, bool> there;
  int done = 0, refused = 0;
};

asio::awaitable<void> client(syncer::Relationships& relationships, std::vector<Relationship> all, int number,
                             Told& told) {
  const trust::Actor by{1000, "client " + std::to_string(number)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Relationship& one = all[(i + static_cast<std::size_t>(number) * 3) % all.size()];
    const std::string name = one.trust_domain.name();
    const bool ends = (i + static_cast<std::size_t>(number)) % 3 == 0;
    auto call = ends ? relationships.erase(one.trust_domain, by) : relationships.create(one, by);
    const Status answer = co_await std::move(call);
    if (answer)
      told.there[name] = !ends;
    else
      ++told.refused;
  }
  ++told.done;
}

TEST_F(Registry, EndsInTheStateThatItsAnswersSay) {
  std::vector<Relationship> all;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "d" + std::to_string(i) + ".test";
    network.at("https://" + name + "/").serve(document(TestAuthority(name, clock.now()).bundle(1)));
    all.push_back(definition(name, {"https://" + name + "/"}));
  }
  Told told;
  for (int number = 0; number < 8; ++number)
    asio::co_spawn(io, client(*relationships, all, number, told), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  until([&] { return told.done == 8; });

  std::vector<std::string> expected;
  for (const auto& [name, there] : told.there)
    if (there) expected.push_back(name);
  EXPECT_GT(told.refused, 0);
  EXPECT_EQ(names(), expected);
  EXPECT_EQ(polled(), expected);
  until([&] { return ledger->current()->records.size() == expected.size(); });
  restart();
  EXPECT_EQ(names(), expected);
}

}  // namespace
}  // namespace entente::test
