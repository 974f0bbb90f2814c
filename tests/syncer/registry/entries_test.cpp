#include "syncer/registry/entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"
#include "tests/syncer/support/watched_store.hpp"

namespace entente::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using trust::RegistrationEntries;
using trust::RegistrationEntry;

RegistrationEntry entry(const std::string& path, const std::string& id = "") {
  return {
      id, must(spiffe::SpiffeId::parse("spiffe://own.test/" + path)), {{"unix", "uid:1000"}}, {}, {}, {}, std::nullopt,
      ""};
}

class EntriesTest : public testing::Test {
 protected:
  EntriesTest() { open(); }
  ~EntriesTest() override { close(); }

  void open() {
    ledger = must(
        store::Ledger::open(io.get_executor(), std::make_unique<WatchedStore>(stored), domain("own.test"), clock, log));
    auto apply = [this](RegistrationEntries wanted) { return serve(std::move(wanted)); };
    entries.emplace(io.get_executor(), domain("own.test"), *ledger, std::move(apply), clock, log);
  }
  void close() {
    entries.reset();
    ledger.reset();
  }
  // The issuer, which may refuse.
  asio::awaitable<Status> serve(RegistrationEntries wanted) {
    if (refusal) co_return *refusal;
    served = std::move(wanted);
    ++changes;
    co_return ok();
  }

  Status configure(RegistrationEntries of_config, RegistrationEntries implied = {}) {
    return run(io, entries->configure(std::move(of_config), std::move(implied), "/etc/entente.yaml"));
  }
  Result<RegistrationEntry> create(RegistrationEntry wanted) {
    return run(io, entries->create(std::move(wanted), actor));
  }
  Result<RegistrationEntry> update(RegistrationEntry wanted) {
    return run(io, entries->update(std::move(wanted), actor));
  }
  Status erase(const std::string& id) { return run(io, entries->erase(id, actor)); }
  static std::vector<std::string> ids(const RegistrationEntries& of) {
    std::vector<std::string> result;
    for (const RegistrationEntry& one : of) result.push_back(one.id);
    return result;
  }

  asio::io_context io;
  FakeClock clock;
  Log log{LogLevel::error};
  std::shared_ptr<WatchedStore::State> stored = std::make_shared<WatchedStore::State>();
  std::unique_ptr<store::Ledger> ledger;
  std::optional<syncer::Entries> entries;
  RegistrationEntries served;
  std::optional<Error> refusal;
  int changes = 0;
  const trust::Actor actor{1000, "entente entry create"};
};

TEST_F(EntriesTest, ComeInTheOrderOfConfigurationThenCreationThenTheEndpoints) {
  ASSERT_TRUE(configure({entry("a", "config-a"), entry("b", "config-b")}, {entry("endpoint", "endpoint")}));
  ASSERT_TRUE(create(entry("d", "late")));
  ASSERT_TRUE(create(entry("c", "later")));

  EXPECT_THAT(ids(served), ElementsAre("config-a", "config-b", "late", "later", "endpoint"));
  EXPECT_EQ(served, entries->all());
}

TEST_F(EntriesTest, GetAnIdATimeAndARevision) {
  ASSERT_TRUE(configure({}));
  RegistrationEntry wanted = entry("a");
  wanted.revision = 7;
  const auto created = create(wanted);
  ASSERT_TRUE(created);
  clock.advance(std::chrono::hours(1));
  RegistrationEntry changed = *created;
  changed.dns_names = {"web.a.example"};
  const auto updated = update(changed);

  EXPECT_EQ(created->id.size(), 36U);
  EXPECT_EQ(created->id[14], '4');
  EXPECT_EQ(created->revision, 0U);
  EXPECT_EQ(created->created_at, from_unix_seconds(1'800'000'000));
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->created_at, created->created_at);
  EXPECT_EQ(updated->revision, 1U);
  EXPECT_EQ(*entries->find(created->id), *updated);
  EXPECT_THAT(served, ElementsAre(*updated));
  EXPECT_NE(create(entry("b"))->id, created->id);
}

TEST_F(EntriesTest, AreThereAfterARestart) {
  ASSERT_TRUE(configure({}));
  ASSERT_TRUE(create(entry("a", "one")));
  ASSERT_TRUE(create(entry("b", "two")));
  ASSERT_TRUE(erase("one"));
  close();
  served.clear();

  open();
  ASSERT_TRUE(configure({entry("c", "config-c")}));

  EXPECT_THAT(ids(served), ElementsAre("config-c", "two"));
}

TEST_F(EntriesTest, AreEachThereOnce) {
  ASSERT_TRUE(configure({entry("a", "config-a")}));
  ASSERT_TRUE(create(entry("b", "one")));
  ASSERT_TRUE(create(entry("c", "two")));

  const auto same_id = create(entry("d", "one"));
  const auto like_config = create(entry("a"));
  const auto like_ours = create(entry("b"));
  const auto becomes_like = update(entry("b", "two"));

  for (const auto* refused : {&same_id, &like_config, &like_ours, &becomes_like}) {
    ASSERT_FALSE(*refused);
    EXPECT_EQ(refused->error().code(), Errc::already_exists);
  }
  EXPECT_THAT(like_config.error().message(), HasSubstr("config-a"));
  EXPECT_THAT(becomes_like.error().message(), HasSubstr("one"));
  EXPECT_TRUE(update(entry("b", "one"))) << "like itself";
  EXPECT_THAT(ids(served), ElementsAre("config-a", "one", "two"));
}

TEST_F(EntriesTest, OfTheConfigurationStayTheFiles) {
  ASSERT_TRUE(configure({entry("a", "config-a")}, {entry("endpoint", "endpoint")}));

  for (const char* id : {"config-a", "endpoint"}) {
    EXPECT_EQ(update(entry("x", id)).error().code(), Errc::permission_denied);
    EXPECT_EQ(erase(id).error().code(), Errc::permission_denied);
    EXPECT_THAT(erase(id).error().message(), HasSubstr("/etc/entente.yaml"));
  }
  EXPECT_TRUE(entries->of_config("config-a"));
  EXPECT_FALSE(entries->of_config("nobody"));
  EXPECT_EQ(update(entry("x", "nobody")).error().code(), Errc::not_found);
  EXPECT_EQ(erase("nobody").error().code(), Errc::not_found);
}

TEST_F(EntriesTest, OfTheApiGiveWayToOneOfTheConfigurationLikeThem) {
  ASSERT_TRUE(configure({}));
  ASSERT_TRUE(create(entry("a", "ours")));

  ASSERT_TRUE(configure({entry("a", "config-a")}));
  EXPECT_THAT(ids(served), ElementsAre("config-a"));
  EXPECT_TRUE(entries->find("ours"));
  ASSERT_TRUE(configure({}));
  EXPECT_THAT(ids(served), ElementsAre("ours"));
}

TEST_F(EntriesTest, ThatAreWrongAreNeitherStoredNorServed) {
  ASSERT_TRUE(configure({}));
  RegistrationEntry wrong = entry("a");
  wrong.selectors.clear();

  const auto created = create(wrong);

  EXPECT_EQ(created.error().code(), Errc::invalid_argument);
  EXPECT_THAT(created.error().message(), HasSubstr("selectors: "));
  EXPECT_TRUE(ledger->entries().empty());
  EXPECT_TRUE(served.empty());
}

TEST_F(EntriesTest, ThatTheIssuerRefusesAreNotStored) {
  ASSERT_TRUE(configure({}));
  refusal = Error(Errc::io, "disk full");

  EXPECT_EQ(create(entry("a")).error().code(), Errc::io);
  EXPECT_TRUE(ledger->entries().empty());
  EXPECT_TRUE(entries->all().empty());
  EXPECT_FALSE(configure({entry("b", "config-b")}));
  EXPECT_FALSE(entries->of_config("config-b"));
}

TEST_F(EntriesTest, ThatTheStoreRefusesAreNotServed) {
  ASSERT_TRUE(configure({}));
  ASSERT_TRUE(create(entry("a", "one")));
  stored->refusing = true;

  EXPECT_EQ(create(entry("b", "two")).error().code(), Errc::store);
  EXPECT_EQ(erase("one").error().code(), Errc::store);

  EXPECT_THAT(ids(served), ElementsAre("one"));
  EXPECT_THAT(ids(entries->all()), ElementsAre("one"));
}

TEST_F(EntriesTest, AreFoundByThoseTheyFederateWith) {
  RegistrationEntry named = entry("a", "one");
  named.federates_with = {domain("b.test"), domain("c.test")};
  ASSERT_TRUE(configure({entry("d", "config-d")}));
  ASSERT_TRUE(create(named));

  EXPECT_THAT(entries->federating_with(domain("c.test")), ElementsAre("one"));
  EXPECT_THAT(entries->federating_with(domain("x.test")), ElementsAre());
}

}  // namespace
}  // namespace entente::test
