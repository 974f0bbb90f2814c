#include "syncer/publish/publisher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "common/base/file.hpp"
#include "common/base/task.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using test::run;
using test::run_until;

const spiffe::TrustDomain own_domain = *spiffe::TrustDomain::parse("own.test");

class PublisherTest : public testing::Test {
 protected:
  ~PublisherTest() override {
    tasks_.cancel();
    run(io_, tasks_.drained());
  }

  void put(spiffe::Bundle bundle) {
    trust::BundleRecord record;
    record.bundle = std::make_shared<const spiffe::Bundle>(std::move(bundle));
    trust::Snapshot before = *feed_.current();
    before.own = own_domain;
    const auto domain = record.bundle->trust_domain;
    feed_.publish(trust::with_record(before, domain, std::make_shared<const trust::BundleRecord>(std::move(record))));
  }
  // Replaces the one before: as if the process began anew.
  Publisher& open() {
    publisher_ = std::make_unique<Publisher>(io_.get_executor(), folder_ / "public", feed_, blocking_, clock_, log_);
    return *publisher_;
  }
  std::string published() const {
    const Result<std::string> content = read_file(path_);
    return content ? *content : "";
  }
  template <class Condition>
  void until(Condition condition) {
    run_until(io_, condition);
  }

  asio::io_context io_;
  test::FakeClock clock_;
  Log log_{LogLevel::error};
  test::TempFolder folder_;
  fs::path path_ = folder_ / "public/own.test.json";
  store::Feed feed_;
  asio::thread_pool blocking_{1};
  std::unique_ptr<Publisher> publisher_;
  TaskGroup tasks_{io_.get_executor(), log_};
  test::TestAuthority first_{"own.test", clock_.now()}, second_{"own.test", clock_.now()},
      peer_{"b.test", clock_.now()};
};

TEST_F(PublisherTest, MakesTheFolderForWhoWaitsThereForTheFirstBundle) {
  ASSERT_TRUE(run(io_, open().publish()));

  EXPECT_TRUE(fs::is_directory(path_.parent_path()));
  EXPECT_EQ(published(), "");
}

// FS-4: the newest bundle, byte for byte as the standard's writer makes it.
TEST_F(PublisherTest, WritesOurBundleWhereEverybodyMayReadIt) {
  put(first_.bundle(1));
  Publisher& publisher = open();

  ASSERT_TRUE(run(io_, publisher.publish()));

  EXPECT_EQ(published(), spiffe::write_bundle(first_.bundle(1)));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST_F(PublisherTest, FollowsTheFeed) {
  put(first_.bundle(1));
  Publisher& publisher = open();
  tasks_.spawn("publisher", publisher.run());
  until([&] { return published() == spiffe::write_bundle(first_.bundle(1)); });

  put(second_.bundle(2));

  until([&] { return published() == spiffe::write_bundle(second_.bundle(2)); });
}

TEST_F(PublisherTest, NeverPublishesAPeersBundle) {
  put(first_.bundle(1));
  Publisher& publisher = open();
  ASSERT_TRUE(run(io_, publisher.publish()));

  put(peer_.bundle(1));
  ASSERT_TRUE(run(io_, publisher.publish()));

  EXPECT_EQ(published(), spiffe::write_bundle(first_.bundle(1)));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "public"), fs::directory_iterator()), 1);
}

// A change of a peer's bundle costs the publication nothing.
TEST_F(PublisherTest, WritesOnlyWhatChanged) {
  put(first_.bundle(1));
  Publisher& publisher = open();
  ASSERT_TRUE(run(io_, publisher.publish()));
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(path_.c_str(), &before), 0);

  put(peer_.bundle(1));
  ASSERT_TRUE(run(io_, publisher.publish()));
  ASSERT_TRUE(run(io_, open().publish()));

  ASSERT_EQ(::stat(path_.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(PublisherTest, TriesAgainWhenTheDiskRefuses) {
  folder_.write("public", "a file where the folder should be");
  put(first_.bundle(1));
  Publisher& publisher = open();
  const Status refused = run(io_, publisher.publish());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr((folder_ / "public").string()));
  tasks_.spawn("publisher", publisher.run());
  until([&] { return clock_.sleepers() == 1; });

  fs::remove(folder_ / "public");
  clock_.advance(seconds(5));

  until([&] { return published() == spiffe::write_bundle(first_.bundle(1)); });
}

}  // namespace
}  // namespace entente::syncer
