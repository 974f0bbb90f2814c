#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "common/store/sqlite_database.hpp"
#include "common/store/sqlite_store.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::store {
namespace {

using test::domain;
using test::make_bundle;
using testing::HasSubstr;

const Time now = from_unix_seconds(1'800'000'000);

Change change(const std::string& name, std::uint64_t expected_revision, const std::string& source = "x") {
  auto record = test::fetched(make_bundle({.x509 = {"A"}, .trust_domain = name}), now);
  record.revision = expected_revision + 1;
  record.source = source;
  return {domain(name), expected_revision, std::make_shared<const trust::BundleRecord>(record)};
}

Status write(Store& store, const Change& one) {
  Batch batch;
  batch.changes.push_back(one);
  return store.write(batch);
}

void run_sql(const std::filesystem::path& path, const char* sql) {
  SqliteDatabase database = SqliteDatabase::open(path).value();
  database.execute(sql).value();
}

// Limits how far this process may write into any file, as a full disk does.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST(SqliteStore, ReportsADamagedRowAndKeepsTheOthers) {
  const test::TempFolder folder;
  const auto path = folder / "entente.db";
  {
    const auto store = SqliteStore::open(path).value();
    for (const char* name : {"b.test", "c.test", "d.test", "e.test", "f.test", "g.test", "h.test"})
      write(*store, change(name, 0)).value();
  }
  run_sql(path,
          "UPDATE bundles SET bundle = '{\"keys\":' WHERE trust_domain = 'b.test';"
          "UPDATE bundles SET highest_sequence = '18446744073709551616' WHERE trust_domain = 'c.test';"
          "UPDATE bundles SET bundle = replace(bundle, 'x509-svid', 'x509-xxxx') WHERE trust_domain = 'd.test';"
          "UPDATE bundles SET rejected = '[7]' WHERE trust_domain = 'g.test';"
          "UPDATE bundles SET held_bundle = '{', held_origin = 'own' WHERE trust_domain = 'h.test';"
          "UPDATE bundles SET trust_domain = 'E.test', revision = 4 WHERE trust_domain = 'e.test';");

  const auto store = SqliteStore::open(path).value();
  const Loaded loaded = store->load().value();

  ASSERT_EQ(loaded.records.size(), 1U);
  EXPECT_EQ(loaded.records[0].trust_domain().name(), "f.test");
  ASSERT_EQ(loaded.unreadable.size(), 6U);
  EXPECT_EQ(loaded.unreadable[0].trust_domain, "E.test");
  EXPECT_EQ(loaded.unreadable[0].revision, 4U);
  EXPECT_THAT(loaded.unreadable[1].reason.message(), HasSubstr("bundle"));
  EXPECT_THAT(loaded.unreadable[2].reason.message(), HasSubstr("highest_sequence"));
  EXPECT_THAT(loaded.unreadable[3].reason.message(), HasSubstr("keys[0]"));
  EXPECT_THAT(loaded.unreadable[4].reason.message(), HasSubstr("rejected"));
  EXPECT_THAT(loaded.unreadable[5].reason.message(), HasSubstr("held_bundle"));

  // The damaged row is there until a change that names its revision replaces it.
  EXPECT_EQ(write(*store, change("b.test", 0)).error().code(), Errc::conflict);
  EXPECT_TRUE(write(*store, change("b.test", 1)));
  EXPECT_EQ(store->load().value().unreadable.size(), 5U);
}

TEST(SqliteStore, RefusesWithPathAndReasonWhenTheDiskIsFullAndGoesOnAfterwards) {
  const test::TempFolder folder;
  const auto store = SqliteStore::open(folder / "entente.db").value();
  write(*store, change("b.test", 0)).value();
  {
    const FullDisk full(65536);
    const Status status = write(*store, change("b.test", 1, std::string(300000, 'x')));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), Errc::store);
    EXPECT_THAT(status.error().message(), HasSubstr((folder / "entente.db").string()));
    EXPECT_THAT(status.error().message(), testing::AnyOf(HasSubstr("full"), HasSubstr("I/O error")));
  }
  EXPECT_EQ(store->load().value().records.at(0).revision, 1U);
  EXPECT_TRUE(write(*store, change("b.test", 1, std::string(300000, 'x'))));
}

TEST(SqliteStore, RefusesWhileAnotherProgramHoldsTheFile) {
  const test::TempFolder folder;
  const auto store = SqliteStore::open(folder / "entente.db").value();
  SqliteDatabase other = SqliteDatabase::open(folder / "entente.db").value();
  other.execute("BEGIN IMMEDIATE").value();

  const Status status = write(*store, change("b.test", 0));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Errc::store);
  EXPECT_THAT(status.error().message(), HasSubstr("locked"));

  other.execute("ROLLBACK").value();
  EXPECT_TRUE(write(*store, change("b.test", 0)));
}

TEST(SqliteStore, SaysWhyAFileCannotBeOpened) {
  const test::TempFolder folder;
  const auto text = folder.write("text.db", std::string(4096, 'x'));

  const auto garbage = SqliteStore::open(text);
  ASSERT_FALSE(garbage);
  EXPECT_THAT(garbage.error().message(), HasSubstr("text.db"));
  EXPECT_THAT(garbage.error().message(), HasSubstr("not a database"));
  EXPECT_THAT(garbage.error().message(), HasSubstr("move it away"));

  const auto missing = SqliteStore::open(folder / "no" / "entente.db");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::store);
  EXPECT_THAT(missing.error().message(), HasSubstr("no/entente.db"));
  EXPECT_THAT(missing.error().message(), HasSubstr("No such file"));

  EXPECT_FALSE(SqliteStore::open(folder.path()));
}

// As root every file may be written: the child is somebody else.
TEST(SqliteStore, SaysThatAFileMayNotBeWritten) {
  const test::TempFolder folder;
  const auto path = folder / "entente.db";
  SqliteStore::open(path).value();
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);

  const pid_t child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(3);
    const auto opened = SqliteStore::open(path);
    if (opened) ::_exit(1);
    const std::string message = opened.error().message();
    ::_exit(message.find("Permission denied") != std::string::npos && message.find(path.string()) != std::string::npos
                ? 0
                : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

}  // namespace
}  // namespace entente::store
