// What every store promises of relationships and registration entries.
#include <gmock/gmock.h>

#include "common/store/memory_store.hpp"
#include "common/store/sqlite_database.hpp"
#include "common/store/sqlite_store.hpp"
#include "tests/common/store/ledger_fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::store {
namespace {

using namespace std::chrono_literals;
using test::domain;
using test::entry_of;
using test::make_bundle;
using test::relationship_of;
using testing::ElementsAre;
using testing::HasSubstr;

Status put(Store& store, std::vector<RegistryChange> changes) {
  Batch batch;
  batch.registry = std::move(changes);
  return store.write(batch);
}

std::vector<std::string> ids(const Loaded& loaded) {
  std::vector<std::string> found;
  for (const auto& entry : loaded.entries) found.push_back(entry.id);
  return found;
}

template <class Made>
class RegistryStore : public testing::Test {
 protected:
  RegistryStore() {
    if constexpr (std::is_same_v<Made, SqliteStore>)
      store = SqliteStore::open(folder / "entente.db").value();
    else
      store = std::make_unique<MemoryStore>();
  }
  test::TempFolder folder;
  std::unique_ptr<Store> store;
};

using Stores = testing::Types<MemoryStore, SqliteStore>;
TYPED_TEST_SUITE(RegistryStore, Stores);

TYPED_TEST(RegistryStore, KeepsEntriesInTheOrderOfTheirCreation) {
  put(*this->store, {PutEntry{entry_of("z", "/1")}, PutEntry{entry_of("a", "/2")}}).value();
  put(*this->store, {PutEntry{entry_of("m", "/3")}}).value();
  put(*this->store, {PutEntry{entry_of("z", "/changed")}}).value();
  EXPECT_THAT(ids(this->store->load().value()), ElementsAre("z", "a", "m"));
  EXPECT_EQ(this->store->load().value().entries[0].spiffe_id.path(), "/changed");

  put(*this->store, {RemoveEntry{"z"}, RemoveEntry{"nobody"}}).value();
  put(*this->store, {PutEntry{entry_of("z", "/4")}}).value();

  EXPECT_THAT(ids(this->store->load().value()), ElementsAre("a", "m", "z"));
}

TYPED_TEST(RegistryStore, ReplacesAndRemovesRelationships) {
  put(*this->store, {PutRelationship{relationship_of("b.test", "https://b.example/")},
                     PutRelationship{relationship_of("c.test", "https://c.example/")}})
      .value();
  put(*this->store,
      {PutRelationship{relationship_of("b.test", "https://new.example/")}, RemoveRelationship{domain("c.test")}})
      .value();

  const Loaded loaded = this->store->load().value();

  ASSERT_EQ(loaded.relationships.size(), 1U);
  EXPECT_EQ(loaded.relationships[0]->endpoint_url().host(), "new.example");
  EXPECT_EQ(loaded.relationships[0]->source, trust::RelationshipSource::api);
}

TYPED_TEST(RegistryStore, WritesNoneOfThemWithARefusedChange) {
  Batch batch;
  batch.changes = {{domain("b.test"), 7, nullptr}};
  batch.registry = {PutEntry{entry_of("a", "/1")}};
  EXPECT_EQ(this->store->write(batch).error().code(), Errc::conflict);
  EXPECT_TRUE(this->store->load().value().entries.empty());
}

class SqliteRegistry : public testing::Test {
 protected:
  Loaded reopen() {
    store.reset();
    store = SqliteStore::open(folder / "entente.db").value();
    return store->load().value();
  }
  void run_sql(const char* sql) {
    SqliteDatabase database = SqliteDatabase::open(folder / "entente.db").value();
    database.execute(sql).value();
  }
  trust::RelationshipPtr written_and_read(trust::Relationship relationship) {
    put(*store, {PutRelationship{std::make_shared<const trust::Relationship>(std::move(relationship))}}).value();
    return reopen().relationships.at(0);
  }

  test::TempFolder folder;
  std::unique_ptr<SqliteStore> store = SqliteStore::open(folder / "entente.db").value();
};

TEST_F(SqliteRegistry, GivesBackEveryFieldOfARelationshipAfterAReopening) {
  trust::HttpsWeb web;
  web.roots =
      std::make_shared<const std::vector<crypto::Certificate>>(make_bundle({.x509 = {"A", "B"}})->x509_authorities);
  web.pins = {trust::KeyPin::of(web.roots->at(0)), trust::KeyPin::of(web.roots->at(1))};
  trust::Relationship made = *relationship_of("b.test", "https://b.example:8443/x?y=%20z");
  made.endpoint_urls.push_back(trust::EndpointUrl::parse("https://[2001:db8::1]/").value());
  made.profile = web;
  made.sequence = trust::SequenceRule::strict;
  made.policy = trust::ChangePolicy::overlap;
  made.allow_private_redirects = true;

  const auto read = written_and_read(made);

  EXPECT_EQ(read->trust_domain, domain("b.test"));
  EXPECT_EQ(read->endpoint_urls, made.endpoint_urls);
  const auto& profile = std::get<trust::HttpsWeb>(read->profile);
  EXPECT_EQ(*profile.roots, *web.roots);
  EXPECT_EQ(profile.pins, web.pins);
  EXPECT_EQ(read->sequence, trust::SequenceRule::strict);
  EXPECT_EQ(read->policy, trust::ChangePolicy::overlap);
  EXPECT_TRUE(read->allow_private_redirects);
  EXPECT_EQ(read->source, trust::RelationshipSource::api);
}

TEST_F(SqliteRegistry, GivesBackWhatARelationshipLeavesOut) {
  const auto read = written_and_read(*relationship_of("b.test", "https://b.example/"));

  EXPECT_EQ(std::get<trust::HttpsWeb>(read->profile).roots, nullptr);
  EXPECT_TRUE(std::get<trust::HttpsWeb>(read->profile).pins.empty());
  EXPECT_EQ(read->sequence, trust::SequenceRule::warn);
  EXPECT_EQ(read->policy, std::nullopt);
  EXPECT_FALSE(read->allow_private_redirects);
  EXPECT_EQ(read->bootstrap_bundle, nullptr);
}

TEST_F(SqliteRegistry, NeverTurnsNoRootsIntoTheSystems) {
  trust::Relationship made = *relationship_of("b.test", "https://b.example/");
  trust::HttpsWeb web;
  web.roots = std::make_shared<const std::vector<crypto::Certificate>>();
  made.profile = web;

  const auto read = written_and_read(made);

  ASSERT_NE(std::get<trust::HttpsWeb>(read->profile).roots, nullptr);
  EXPECT_TRUE(std::get<trust::HttpsWeb>(read->profile).roots->empty());
}

// FC-9
TEST_F(SqliteRegistry, GivesBackAnEndpointIdOfAnotherTrustDomain) {
  trust::Relationship made = *relationship_of("b.test", "https://b.example/");
  made.profile = trust::HttpsSpiffe{spiffe::SpiffeId::parse("spiffe://c.test/endpoint").value()};

  const auto read = written_and_read(made);

  EXPECT_EQ(std::get<trust::HttpsSpiffe>(read->profile).endpoint_spiffe_id.str(), "spiffe://c.test/endpoint");
}

TEST_F(SqliteRegistry, GivesBackEveryFieldOfAnEntryAfterAReopening) {
  trust::RegistrationEntry full = entry_of("7f9c", "/web");
  full.selectors.push_back(trust::Selector::parse("k8s:pod-label:app:web").value());
  full.x509_svid_ttl = 30min;
  full.jwt_svid_ttl = 90s + 1ns;
  full.dns_names = {"web.a.example", "*.a.example"};
  full.federates_with = {domain("b.test"), domain("c.test")};
  full.hint = "int\"ernal \xc3\xa9";
  full.parent_id = spiffe::SpiffeId::parse("spiffe://a.test/agent").value();
  full.created_at = from_unix_seconds(1'800'000'000) + 5ms;
  full.revision = std::numeric_limits<std::uint64_t>::max();
  trust::RegistrationEntry alone = entry_of("alone", "/alone");
  trust::RegistrationEntry closed = entry_of("closed", "/closed");
  closed.federates_with.emplace();
  put(*store, {PutEntry{full}, PutEntry{alone}, PutEntry{closed}}).value();

  EXPECT_THAT(reopen().entries, ElementsAre(full, alone, closed));
}

TEST_F(SqliteRegistry, NamesWhatCannotBeReadAndKeepsItWithAllTheOthers) {
  std::vector<RegistryChange> changes;
  for (const std::string name : {"b.test", "c.test", "d.test", "e.test", "f.test"})
    changes.emplace_back(PutRelationship{relationship_of(name, "https://" + name + "/")});
  for (const std::string id : {"1", "2", "3"}) changes.emplace_back(PutEntry{entry_of(id, "/" + id)});
  put(*store, std::move(changes)).value();
  run_sql(
      "UPDATE relationships SET definition = '{' WHERE trust_domain = 'b.test';"
      "UPDATE relationships SET definition = replace(definition, '\"version\":1', '\"version\":2')"
      " WHERE trust_domain = 'c.test';"
      "UPDATE relationships SET definition = replace(definition, '{\"allow', '{\"only_on_sundays\":true,\"allow')"
      " WHERE trust_domain = 'd.test';"
      "UPDATE relationships SET definition = replace(definition, 'https:', 'http:') WHERE trust_domain = 'e.test';"
      "UPDATE entries SET definition = replace(definition, 'selectors', 'selector') WHERE id = '2';");

  const Loaded loaded = reopen();

  ASSERT_EQ(loaded.relationships.size(), 1U);
  EXPECT_EQ(loaded.relationships[0]->trust_domain, domain("f.test"));
  EXPECT_THAT(ids(loaded), ElementsAre("1", "3"));
  ASSERT_EQ(loaded.unreadable_definitions.size(), 5U);
  EXPECT_EQ(loaded.unreadable_definitions[0].name, "relationship b.test");
  EXPECT_THAT(loaded.unreadable_definitions[1].reason.message(), HasSubstr("version 2 is not known"));
  EXPECT_THAT(loaded.unreadable_definitions[2].reason.message(), HasSubstr("only_on_sundays"));
  EXPECT_THAT(loaded.unreadable_definitions[3].reason.message(), HasSubstr("endpoint_urls"));
  EXPECT_EQ(loaded.unreadable_definitions[4].name, "registration entry 2");

  // Writing others leaves them as they are; a definition of its own replaces one.
  put(*store, {PutRelationship{relationship_of("g.test", "https://g.example/")}, PutEntry{entry_of("4", "/4")}})
      .value();
  put(*store, {PutEntry{entry_of("2", "/mended")}, RemoveRelationship{domain("b.test")}}).value();
  EXPECT_EQ(reopen().unreadable_definitions.size(), 3U);
  EXPECT_THAT(ids(reopen()), ElementsAre("1", "2", "3", "4"));
}

TEST_F(SqliteRegistry, RefusesADefinitionThatItCouldNotReadBack) {
  trust::RegistrationEntry broken = entry_of("1", "/1");
  broken.selectors = {trust::Selector{"unix", "uid:01"}};

  const Status refused = put(*store, {PutEntry{entry_of("2", "/2")}, PutEntry{broken}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  EXPECT_THAT(refused.error().message(), HasSubstr("registration entry 1 cannot be kept: selectors"));
  EXPECT_TRUE(reopen().entries.empty());
}

}  // namespace
}  // namespace entente::store
