#include "common/store/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <limits>

#include "common/store/memory_store.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::store {
namespace {

using namespace std::chrono_literals;
using test::domain;
using test::make_bundle;

const Time now = from_unix_seconds(1'800'000'000) + 123456us;

trust::RecordPtr record(const test::BundleSpec& spec, std::uint64_t revision) {
  auto value = test::fetched(make_bundle(spec), now);
  value.revision = revision;
  return std::make_shared<const trust::BundleRecord>(value);
}

std::unique_ptr<SqliteStore> open(const test::TempFolder& folder) {
  return SqliteStore::open(folder / "entente.db").value();
}

Status write(Store& store, const std::vector<Change>& changes) {
  Batch batch;
  batch.changes = changes;
  return store.write(batch);
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

TEST(SqliteStore, GivesBackEveryFieldOfARecord) {
  const test::TempFolder folder;
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  trust::BundleRecord value =
      *record({.x509 = {"A", "B"}, .jwt = {"J", "K"}, .wit = {"W"}, .sequence = largest, .hint = 300s}, 41);
  value.highest_sequence = largest;
  value.origin = trust::Origin::bootstrap;
  value.source = "b.json \"'\n\xc3\xa9";
  value.fetched_at.reset();
  value.sequence_reused = true;
  value.bootstrap_digest = "digest";
  value.accept_next = trust::AcceptNext{"peer was rebuilt", "uid 1000", now + 5s};
  ASSERT_TRUE(write(*open(folder), {{domain("b.test"), 0, std::make_shared<const trust::BundleRecord>(value)}}));

  const Loaded loaded = open(folder)->load().value();

  ASSERT_EQ(loaded.records.size(), 1U);
  EXPECT_TRUE(loaded.unreadable.empty());
  const trust::BundleRecord& read = loaded.records[0];
  EXPECT_EQ(read.trust_domain(), domain("b.test"));
  EXPECT_TRUE(spiffe::same_authorities(*read.bundle, *value.bundle));
  EXPECT_EQ(read.bundle->sequence, largest);
  EXPECT_EQ(read.bundle->refresh_hint, 300s);
  EXPECT_EQ(read.revision, 41U);
  EXPECT_EQ(read.highest_sequence, largest);
  EXPECT_EQ(read.origin, trust::Origin::bootstrap);
  EXPECT_EQ(read.source, value.source);
  EXPECT_EQ(read.changed_at, now);
  EXPECT_EQ(read.fetched_at, std::nullopt);
  EXPECT_TRUE(read.sequence_reused);
  EXPECT_FALSE(read.sequence_missing);
  EXPECT_EQ(read.bootstrap_digest, "digest");
  EXPECT_EQ(read.accept_next, value.accept_next);
}

TEST(SqliteStore, GivesBackWhatWaitsAndWhatWasRejected) {
  const test::TempFolder folder;
  trust::BundleRecord value = *record({}, 3);
  value.origin = trust::Origin::none;
  value.held = trust::HeldBundle{
      make_bundle({.x509 = {"A"}, .jwt = {"J"}, .sequence = 9}), "digest", trust::Origin::imported,
      {"https://b.example/", "192.0.2.1:443", "0a1b"},           now + 7s, "policy overlap: none of the keys"};
  value.rejected = {"first", "se\"cond"};
  value.last_non_empty = make_bundle({.x509 = {"B"}, .sequence = 4});
  value.rolled_back = true;
  ASSERT_TRUE(write(*open(folder), {{domain("b.test"), 0, std::make_shared<const trust::BundleRecord>(value)}}));

  const trust::BundleRecord read = open(folder)->load().value().records.at(0);

  EXPECT_EQ(read.origin, trust::Origin::none);
  ASSERT_TRUE(read.held);
  EXPECT_TRUE(spiffe::same_authorities(*read.held->bundle, *value.held->bundle));
  EXPECT_EQ(read.held->bundle->sequence, 9U);
  EXPECT_EQ(read.held->digest, "digest");
  EXPECT_EQ(read.held->origin, trust::Origin::imported);
  EXPECT_EQ(read.held->from, value.held->from);
  EXPECT_EQ(read.held->at, now + 7s);
  EXPECT_EQ(read.held->why, value.held->why);
  EXPECT_EQ(read.rejected, value.rejected);
  EXPECT_TRUE(spiffe::same_authorities(*read.last_non_empty, *value.last_non_empty));
  EXPECT_TRUE(read.rolled_back);
}

TEST(SqliteStore, GivesBackEveryOrigin) {
  const test::TempFolder folder;
  using trust::Origin;
  const auto store = open(folder);
  std::uint64_t revision = 0;
  for (const auto origin :
       {Origin::own, Origin::bootstrap, Origin::fetched, Origin::given, Origin::imported, Origin::none}) {
    trust::BundleRecord value = *record({}, revision + 1);
    value.origin = origin;
    ASSERT_TRUE(write(*store, {{domain("b.test"), revision++, std::make_shared<const trust::BundleRecord>(value)}}));
    EXPECT_EQ(store->load().value().records.at(0).origin, origin);
  }
}

TEST(SqliteStore, GivesBackWhatIsAbsentAsAbsent) {
  const test::TempFolder folder;
  ASSERT_TRUE(write(*open(folder), {{domain("b.test"), 0, record({}, 1)}}));

  const trust::BundleRecord read = open(folder)->load().value().records.at(0);

  EXPECT_TRUE(read.bundle->empty());
  EXPECT_EQ(read.bundle->sequence, std::nullopt);
  EXPECT_EQ(read.bundle->refresh_hint, std::nullopt);
  EXPECT_EQ(read.highest_sequence, std::nullopt);
  EXPECT_EQ(read.fetched_at, now);
  EXPECT_EQ(read.accept_next, std::nullopt);
  EXPECT_FALSE(read.held);
  EXPECT_TRUE(read.rejected.empty());
  EXPECT_EQ(read.last_non_empty, nullptr);
  EXPECT_FALSE(read.rolled_back);
}

TEST(SqliteStore, WritesAllOfItsChangesOrNone) {
  const test::TempFolder folder;
  const auto store = open(folder);
  ASSERT_TRUE(write(*store, {{domain("b.test"), 0, record({.x509 = {"A"}}, 1)}}));

  const Status status = write(*store, {{domain("c.test"), 0, record({.x509 = {"A"}, .trust_domain = "c.test"}, 1)},
                                       {domain("b.test"), 5, record({.x509 = {"B"}}, 6)}});

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Errc::conflict);
  EXPECT_THAT(status.error().message(), testing::HasSubstr("b.test is at revision 1, not 5"));
  EXPECT_EQ(store->load().value().records.size(), 1U);
}

TEST(SqliteStore, ReplacesAndRemovesOnlyTheExpectedRevision) {
  const test::TempFolder folder;
  const auto store = open(folder);
  ASSERT_TRUE(write(*store, {{domain("b.test"), 0, record({.x509 = {"A"}}, 1)}}));

  EXPECT_EQ(write(*store, {{domain("b.test"), 0, record({.x509 = {"B"}}, 1)}}).error().code(), Errc::conflict);
  EXPECT_TRUE(write(*store, {{domain("b.test"), 1, record({.x509 = {"B"}}, 2)}}));
  EXPECT_EQ(write(*store, {{domain("b.test"), 1, nullptr}}).error().code(), Errc::conflict);
  EXPECT_TRUE(write(*store, {{domain("b.test"), 2, nullptr}}));
  EXPECT_TRUE(store->load().value().records.empty());
  EXPECT_TRUE(write(*store, {{domain("b.test"), 0, nullptr}}));
}

// FC-14
TEST(SqliteStore, KeepsTrustDomainsApart) {
  const test::TempFolder folder;
  const auto store = open(folder);
  std::vector<Change> changes;
  for (const std::string name : {"a.test", "b.test", "a_b.test"})
    changes.push_back({domain(name), 0, record({.x509 = {name}, .trust_domain = name}, 1)});
  ASSERT_TRUE(write(*store, changes));

  for (const auto& read : store->load().value().records) {
    const auto expected = make_bundle({.x509 = {read.trust_domain().name()}});
    EXPECT_EQ(read.bundle->x509_authorities, expected->x509_authorities);
  }
}

TEST(SqliteStore, IsReadableByItsOwnerAloneWithAllOfItsFiles) {
  const test::TempFolder folder;
  folder.write("entente.db", "");
  ASSERT_EQ(::chmod((folder / "entente.db").c_str(), 0644), 0);
  const auto store = open(folder);
  ASSERT_TRUE(write(*store, {{domain("b.test"), 0, record({.x509 = {"A"}}, 1)}}));

  for (const char* name : {"entente.db", "entente.db-wal", "entente.db-shm"})
    EXPECT_EQ(mode_of(folder / name), 0600U) << name;
}

TEST(MemoryStore, ComparesAndSetsAsTheOthersDo) {
  MemoryStore store;
  EXPECT_EQ(write(store, {{domain("b.test"), 1, record({}, 2)}}).error().code(), Errc::conflict);
  EXPECT_FALSE(write(
      store, {{domain("c.test"), 0, record({.trust_domain = "c.test"}, 1)}, {domain("b.test"), 1, record({}, 2)}}));
  EXPECT_TRUE(store.load().value().records.empty());
  EXPECT_TRUE(write(store, {{domain("b.test"), 0, record({}, 1)}}));
  EXPECT_EQ(store.load().value().records.at(0).revision, 1U);
}

}  // namespace
}  // namespace entente::store
