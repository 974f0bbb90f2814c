#include "syncer/push/file_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "common/base/file.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "tests/common/trust/bundles.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"

namespace entente::syncer {
namespace {

using test::domain;
using test::run;

class FileTargetTest : public testing::Test {
 protected:
  std::string content(const std::string& name) { return *read_file(folder_ / "out" / name); }
  static std::ptrdiff_t good(const Result<std::vector<Status>>& outcomes) {
    return std::ranges::count_if(*outcomes, [](const Status& each) { return each.has_value(); });
  }
  bool exists(const std::string& name) { return std::filesystem::exists(folder_ / "out" / name); }

  asio::io_context io_;
  const test::TempFolder folder_;
  FileTarget json_{folder_ / "out", PushFileFormat::spiffe}, pem_{folder_ / "out", PushFileFormat::pem};
  const spiffe::BundlePtr bundle_ = test::make_bundle({.x509 = {"A", "B"}, .jwt = {"k"}, .sequence = 3});
};

TEST_F(FileTargetTest, WritesAFileForEachTrustDomainThatEveryUserMayRead) {
  ASSERT_TRUE(run(io_, json_.look({}))) << "makes the folder";

  EXPECT_EQ(good(run(io_, json_.set({bundle_}))), 1);
  EXPECT_EQ(good(run(io_, pem_.set({bundle_}))), 1);

  EXPECT_EQ(content("b.test.json"), spiffe::write_bundle(*bundle_));
  EXPECT_EQ(content("b.test.pem"), crypto::to_pem(bundle_->x509_authorities));
  struct stat of {};
  ASSERT_EQ(::stat((folder_ / "out" / "b.test.json").c_str(), &of), 0);
  EXPECT_EQ(of.st_mode & 07777, 0644U);
}

// TB-6, TB-8
TEST_F(FileTargetTest, SaysThatNothingIsToBeTrusted) {
  ASSERT_TRUE(run(io_, json_.look({})));
  const auto empty = test::make_bundle({});

  ASSERT_TRUE(run(io_, json_.set({empty})));
  ASSERT_TRUE(run(io_, pem_.set({empty})));

  EXPECT_NE(content("b.test.json").find("\"keys\":[]"), std::string::npos);
  EXPECT_EQ(content("b.test.pem"), "");
}

TEST_F(FileTargetTest, TellsWhatItHoldsByItsContent) {
  ASSERT_TRUE(run(io_, json_.look({})));
  ASSERT_TRUE(run(io_, json_.set({bundle_})));

  const auto held = run(io_, json_.look({domain("b.test"), domain("c.test")}));
  ASSERT_TRUE(held);
  EXPECT_EQ(held->fingerprints,
            (std::map<spiffe::TrustDomain, std::string>{{domain("b.test"), json_.fingerprint(*bundle_)}}));

  ASSERT_TRUE(replace_file(folder_ / "out" / "b.test.json", "{}", 0644));
  EXPECT_NE(run(io_, json_.look({domain("b.test")}))->fingerprints.at(domain("b.test")), json_.fingerprint(*bundle_));
}

TEST_F(FileTargetTest, RemovesItsFilesAndNoOthers) {
  ASSERT_TRUE(run(io_, json_.look({})));
  ASSERT_TRUE(run(io_, json_.set({bundle_})));
  ASSERT_TRUE(replace_file(folder_ / "out" / "c.test.json", "another's", 0644));

  EXPECT_EQ(good(run(io_, json_.remove({domain("b.test"), domain("d.test")}))), 2);

  EXPECT_FALSE(exists("b.test.json"));
  EXPECT_TRUE(exists("c.test.json"));
}

TEST_F(FileTargetTest, TellsOfEachFileThatCannotBeWritten) {
  ASSERT_TRUE(run(io_, json_.look({})));
  std::filesystem::create_directories(folder_ / "out" / "b.test.json" / "in the way");
  const auto other = test::make_bundle({.x509 = {"A"}, .trust_domain = "c.test"});

  const auto outcomes = run(io_, json_.set({bundle_, other}));

  ASSERT_TRUE(outcomes);
  EXPECT_FALSE((*outcomes)[0]);
  EXPECT_TRUE((*outcomes)[1]);
}

}  // namespace
}  // namespace entente::syncer
