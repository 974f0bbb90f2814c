#include "tests/common/store/ledger_fixture.hpp"

namespace entente::test {
namespace {

using namespace std::chrono_literals;
using store::PutEntry;
using store::PutRelationship;
using store::RegistryChange;
using store::RemoveEntry;
using store::RemoveRelationship;
using testing::ElementsAre;
using testing::HasSubstr;

const Error disk_full(Errc::store, "store: entente.db: database or disk is full");

class LedgerRegistryTest : public LedgerTest {
 protected:
  Status write(std::vector<RegistryChange> changes) { return finish(begin_registry(std::move(changes))); }
  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    for (const auto& entry : ledger->entries()) found.push_back(entry.id);
    return found;
  }
};

TEST_F(LedgerRegistryTest, CountsAChangeOnlyOnceTheStoreHasIt) {
  open();
  control->hang();
  const auto result =
      begin_registry({PutEntry{entry_of("1", "/1")}, PutRelationship{relationship_of("b.test", "https://b.example/")}});
  ASSERT_TRUE(control->writes_begun(1));
  io.poll();
  EXPECT_TRUE(ledger->entries().empty());
  EXPECT_TRUE(ledger->relationships().empty());

  control->release();
  EXPECT_TRUE(finish(result));
  EXPECT_THAT(ids(), ElementsAre("1"));
  EXPECT_TRUE(ledger->relationships().contains(domain("b.test")));
  EXPECT_EQ(control->loaded().entries.size(), 1U);
}

TEST_F(LedgerRegistryTest, HoldsWhatTheStoreHeldAfterAReopening) {
  open();
  write({PutEntry{entry_of("2", "/2")}, PutEntry{entry_of("1", "/1")},
         PutRelationship{relationship_of("b.test", "https://b.example/")}})
      .value();
  write({PutEntry{entry_of("2", "/changed")}, RemoveRelationship{domain("b.test")}}).value();
  close();
  open();

  EXPECT_THAT(ids(), ElementsAre("2", "1"));
  EXPECT_EQ(ledger->entries()[0].spiffe_id.path(), "/changed");
  EXPECT_TRUE(ledger->relationships().empty());
}

TEST_F(LedgerRegistryTest, ChangesNothingInMemoryOrLaterWhenTheStoreRefuses) {
  open();
  write({PutEntry{entry_of("1", "/1")}, PutRelationship{relationship_of("b.test", "https://b.example/")}}).value();
  control->refuse_with(disk_full);

  EXPECT_EQ(write({PutEntry{entry_of("2", "/2")}, RemoveRelationship{domain("b.test")}}).error(), disk_full);
  EXPECT_EQ(write({RemoveEntry{"1"}}).error(), disk_full);

  EXPECT_THAT(ids(), ElementsAre("1"));
  EXPECT_TRUE(ledger->relationships().contains(domain("b.test")));
  EXPECT_EQ(clock.sleepers(), 0U);
  control->refuse_with(std::nullopt);
  write({PutEntry{entry_of("3", "/3")}}).value();
  EXPECT_THAT(ids(), ElementsAre("1", "3"));
  EXPECT_EQ(control->loaded().entries.size(), 2U);
  EXPECT_EQ(control->loaded().relationships.size(), 1U);
}

TEST_F(LedgerRegistryTest, KeepsBundlesAndRegistryFromHoldingUpEachOther) {
  open();
  control->refuse_if([](const store::Batch& batch) {
    return batch.registry.empty() ? std::nullopt : std::optional(Error(Errc::invalid_argument, "cannot be kept"));
  });
  control->hang();
  const auto first = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));
  const auto second = begin({.x509 = {"A"}, .trust_domain = "c.test"}, 0);
  const auto bad = begin_registry({PutEntry{entry_of("1", "/1")}});
  control->release();

  EXPECT_TRUE(finish(first)->persisted);
  EXPECT_TRUE(finish(second)->persisted);
  EXPECT_EQ(finish(bad).error().code(), Errc::invalid_argument);

  control->refuse_if(
      [](const store::Batch& batch) { return batch.changes.empty() ? std::nullopt : std::optional(disk_full); });
  EXPECT_FALSE(apply({.x509 = {"A"}, .trust_domain = "d.test"}, 0)->persisted);
  EXPECT_TRUE(write({PutEntry{entry_of("2", "/2")}}));
  EXPECT_THAT(ids(), ElementsAre("2"));
}

TEST_F(LedgerRegistryTest, WritesInTheOrderOfTheCallsAmongBundles) {
  open();
  std::vector<Later<Status>> writes;
  std::vector<ApplyResult> applies;
  control->hang();
  for (int i = 0; i < 20; ++i) {
    writes.push_back(begin_registry({PutEntry{entry_of(std::to_string(i % 3), "/" + std::to_string(i))}}));
    applies.push_back(begin({.x509 = {"A"}, .trust_domain = "p" + std::to_string(i) + ".test"}, 0));
  }
  control->release();
  for (const auto& result : writes) EXPECT_TRUE(finish(result));
  for (const auto& result : applies) EXPECT_TRUE(finish(result)->persisted);

  std::vector<std::string> order;
  for (const auto& batch : control->batches())
    for (const auto& change : batch.registry) order.emplace_back(std::get<PutEntry>(change).entry.spiffe_id.path());
  ASSERT_EQ(order.size(), 20U);
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], "/" + std::to_string(i));
  EXPECT_EQ(ledger->entries(), control->loaded().entries);
}

TEST_F(LedgerRegistryTest, TakesAChangeBackThatCouldNotBeBegunInFiveSeconds) {
  open();
  control->hang();
  const auto bundle = begin({.x509 = {"A"}}, 0);
  ASSERT_TRUE(control->writes_begun(1));
  const auto late = begin_registry({PutEntry{entry_of("1", "/1")}});

  advance(5s);

  EXPECT_EQ(finish(late).error().code(), Errc::store);
  EXPECT_THAT(finish(late).error().message(), HasSubstr("nothing was changed"));
  control->release();
  finish(bundle).value();
  write({PutEntry{entry_of("2", "/2")}}).value();
  EXPECT_THAT(ids(), ElementsAre("2"));
}

TEST_F(LedgerRegistryTest, WaitsForTheAnswerToWhatHasBegun) {
  open();
  control->hang();
  const auto slow = begin_registry({PutEntry{entry_of("1", "/1")}});
  ASSERT_TRUE(control->writes_begun(1));
  advance(1min);
  EXPECT_FALSE(slow->has_value());

  control->release();

  EXPECT_TRUE(finish(slow));
  EXPECT_THAT(ids(), ElementsAre("1"));
}

TEST_F(LedgerRegistryTest, FollowsTheStoreThoughTheCallerWasCancelled) {
  open();
  control->hang();
  begin_registry({PutEntry{entry_of("1", "/1")}});
  ASSERT_TRUE(control->writes_begun(1));
  cancels.back().emit(boost::asio::cancellation_type::terminal);
  begin_registry({PutEntry{entry_of("2", "/2")}});
  cancels.back().emit(boost::asio::cancellation_type::terminal);
  io.poll();
  control->release();

  EXPECT_TRUE(run_until([&] { return !ledger->entries().empty(); }));
  write({PutEntry{entry_of("3", "/3")}}).value();
  EXPECT_THAT(ids(), ElementsAre("1", "3"));
}

TEST_F(LedgerRegistryTest, RefusesWhatHasNotBegunWhenItEnds) {
  open();
  control->hang();
  const auto begun = begin_registry({PutEntry{entry_of("1", "/1")}});
  ASSERT_TRUE(control->writes_begun(1));
  const auto waiting = begin_registry({PutEntry{entry_of("2", "/2")}});
  control->release();
  close();

  EXPECT_TRUE(finish(begun));
  EXPECT_THAT(finish(waiting).error().message(), HasSubstr("nothing was changed"));
  EXPECT_EQ(control->loaded().entries.size(), 1U);
}

TEST_F(LedgerRegistryTest, KeepsARelationshipAsTheStoreDoes) {
  open();
  auto given = std::make_shared<trust::Relationship>(*relationship_of("b.test", "https://b.example/"));
  given->source = trust::RelationshipSource::config;
  given->bootstrap_bundle = make_bundle({.x509 = {"A"}});

  write({PutRelationship{given}}).value();

  const auto kept = ledger->relationships().at(domain("b.test"));
  EXPECT_EQ(kept->source, trust::RelationshipSource::api);
  EXPECT_EQ(kept->bootstrap_bundle, nullptr);
  EXPECT_EQ(write({PutRelationship{nullptr}}).error().code(), Errc::internal);
  EXPECT_EQ(write({PutEntry{entry_of("", "/1")}}).error().code(), Errc::internal);
}

TEST_F(LedgerRegistryTest, NamesADefinitionThatCannotBeReadUntilItIsSetOrRemoved) {
  control->preset.unreadable_definitions = {{"relationship b.test", Error(Errc::schema, "version 9 is not known")},
                                            {"registration entry 7", Error(Errc::schema, "no selectors")}};
  testing::internal::CaptureStderr();
  open();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("relationship b.test"));
  EXPECT_THAT(text, HasSubstr("version 9 is not known"));
  EXPECT_THAT(ledger->health().unreadable_definitions, ElementsAre("registration entry 7", "relationship b.test"));

  EXPECT_TRUE(ledger->has_unreadable_relationship(domain("b.test")));
  EXPECT_FALSE(ledger->has_unreadable_relationship(domain("c.test")));

  write({PutRelationship{relationship_of("b.test", "https://b.example/")}, RemoveEntry{"7"}}).value();

  EXPECT_FALSE(ledger->has_unreadable_relationship(domain("b.test")));
  EXPECT_TRUE(ledger->health().unreadable_definitions.empty());
}

}  // namespace
}  // namespace entente::test
