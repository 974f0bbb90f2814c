#include "workload/helper/set_writer.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/support/temp_folder.hpp"

namespace entente::helper {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

RenderedFile file(std::string name, std::string_view content, mode_t mode = 0644) {
  RenderedFile made;
  made.name = std::move(name);
  made.content = SecretBytes(Bytes(content.begin(), content.end()));
  made.mode = mode;
  return made;
}

template <class... Files>
FileSet set_of(Files... files) {
  FileSet set;
  (set.files.push_back(std::move(files)), ...);
  return set;
}

// A pair that belongs together says the same.
FileSet pair(std::string_view content) { return set_of(file("svid.pem", content), file("svid.key", content, 0600)); }

std::string content_of(const fs::path& path) {
  const auto content = read_file(path);
  return content ? *content : "no file";
}
mode_t mode_of(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}
std::size_t sets_in(const fs::path& folder) {
  std::size_t count = 0;
  for (const std::string& name : names_in(folder)) count += name.starts_with("..set.") ? 1 : 0;
  return count;
}

class SetWriterTest : public testing::Test {
 protected:
  SetWriter writer(Layout layout = Layout::set) const { return {directory, 0755, layout}; }

  entente::test::TempFolder folder;
  fs::path directory = folder / "deep" / "tls";
};

TEST_F(SetWriterTest, MakesTheDirectoryAndWritesEachFileWithItsMode) {
  ASSERT_TRUE(writer().write(pair("one")));

  EXPECT_EQ(content_of(directory / "svid.pem"), "one");
  EXPECT_EQ(mode_of(directory / "svid.pem"), 0644U);
  EXPECT_EQ(mode_of(directory / "svid.key"), 0600U);
  EXPECT_TRUE(fs::is_symlink(directory / "svid.key"));
  EXPECT_EQ(fs::read_symlink(directory / "svid.key"), "..data/svid.key");
}

TEST_F(SetWriterTest, LetsAllFilesOfTheFirstSetAppearAtOnce) {
  FileSet set;
  for (int i = 0; i < 20; ++i) set.files.push_back(file("f" + std::to_string(i), "x"));
  for (int round = 0; round < 50; ++round) {
    const fs::path target = folder / ("tls" + std::to_string(round));
    std::atomic<bool> over = false;
    int seen_alone = 0;
    std::thread reader([&] {
      while (!over && !fs::exists(target / "f0")) {
      }
      for (int i = 0; i < 20; ++i) seen_alone += fs::exists(target / ("f" + std::to_string(i))) ? 0 : 1;
    });
    const Status written = SetWriter(target, 0755, Layout::set).write(set);
    over = true;
    reader.join();
    ASSERT_TRUE(written);
    ASSERT_EQ(seen_alone, 0) << "files were not there when the first was";
  }
}

// spiffe-helper#422
TEST_F(SetWriterTest, AppliesTheModeAtEveryWriteAndWritesOverFilesThatNobodyMayWrite) {
  SetWriter kept = writer();
  ASSERT_TRUE(kept.write(set_of(file("token", "one", 0444))));
  fs::permissions(directory / "token", fs::perms::all);

  ASSERT_TRUE(kept.write(set_of(file("token", "two", 0444))));

  EXPECT_EQ(content_of(directory / "token"), "two");
  EXPECT_EQ(mode_of(directory / "token"), 0444U);
}

// spiffe-helper#422: whoever opens the set once reads one set, whatever happens meanwhile.
TEST_F(SetWriterTest, NeverShowsAKeyWithAnothersCertificate) {
  SetWriter kept = writer();
  ASSERT_TRUE(kept.write(pair("0")));
  std::atomic<bool> done = false;
  std::size_t reads = 0, mismatches = 0, missing = 0;
  std::thread reader([&] {
    const auto read_one = [](int set, const char* name) {
      const UniqueFd fd(::openat(set, name, O_RDONLY));
      char text[32];
      const ssize_t length = fd ? ::read(fd.get(), text, sizeof text) : 0;
      return std::string(text, length > 0 ? static_cast<std::size_t>(length) : 0);
    };
    while (!done) {
      const UniqueFd set(::open((directory / "..data").c_str(), O_RDONLY | O_DIRECTORY));
      const std::string key = read_one(set.get(), "svid.key"), certificate = read_one(set.get(), "svid.pem");
      ++reads;
      if (key.empty() || certificate.empty())
        ++missing;
      else if (key != certificate)
        ++mismatches;
    }
  });

  for (int i = 1; i <= 200; ++i) EXPECT_TRUE(kept.write(pair(std::to_string(i))));
  done = true;
  reader.join();

  EXPECT_GT(reads, 0U);
  EXPECT_EQ(mismatches, 0U);
  EXPECT_EQ(missing, 0U);
}

TEST_F(SetWriterTest, KeepsReplacedSetsForTheirReadersUntilTheyArePrunedTwice) {
  SetWriter kept = writer();
  for (const char* content : {"one", "two", "three"}) ASSERT_TRUE(kept.write(pair(content)));
  EXPECT_EQ(sets_in(directory), 3U);

  EXPECT_TRUE(kept.prune());
  EXPECT_EQ(sets_in(directory), 3U);
  EXPECT_FALSE(kept.prune());
  EXPECT_EQ(sets_in(directory), 1U);
  EXPECT_EQ(content_of(directory / "svid.pem"), "three");
}

// FC-16
TEST_F(SetWriterTest, RemovesTheFilesThatAreNoLongerInTheSetAlsoThoseOfAnEarlierLife) {
  ASSERT_TRUE(writer().write(set_of(file("own.pem", "a"), file("b.test.pem", "b"))));

  ASSERT_TRUE(writer().write(set_of(file("own.pem", "a"))));

  EXPECT_FALSE(fs::exists(fs::symlink_status(directory / "b.test.pem")));
  EXPECT_EQ(content_of(directory / "own.pem"), "a");
}

TEST_F(SetWriterTest, LeavesTheFilesOfOthers) {
  fs::create_directories(directory / "..set.theirs");
  std::ofstream(directory / "theirs.txt") << "theirs";
  fs::create_symlink("theirs.txt", directory / "their-link");
  SetWriter kept = writer();
  ASSERT_TRUE(kept.write(pair("one")));
  ASSERT_TRUE(kept.write(pair("two")));

  ASSERT_TRUE(kept.remove());

  EXPECT_THAT(names_in(directory), UnorderedElementsAre("theirs.txt", "their-link", "..set.theirs"));
}

TEST_F(SetWriterTest, ReplacesRegularFilesOfTheSameNames) {
  fs::create_directories(directory);
  std::ofstream(directory / "svid.pem") << "from another tool";

  ASSERT_TRUE(writer().write(pair("one")));

  EXPECT_EQ(content_of(directory / "svid.pem"), "one");
  EXPECT_TRUE(fs::is_symlink(directory / "svid.pem"));
}

TEST_F(SetWriterTest, ClearsUpWhatAKilledHelperLeft) {
  ASSERT_TRUE(writer().write(pair("one")));
  fs::create_directory(directory / "..set.123");
  std::ofstream(directory / "..set.123" / "svid.key") << "half a k";
  fs::create_symlink("..set.123", directory / "..link..new");

  SetWriter kept = writer();
  ASSERT_TRUE(kept.write(pair("two")));
  EXPECT_TRUE(kept.prune());
  EXPECT_FALSE(kept.prune());

  EXPECT_EQ(sets_in(directory), 1U);
  EXPECT_THAT(names_in(directory), testing::Not(testing::Contains("..link..new")));
}

TEST_F(SetWriterTest, LeavesTheSetBeforeInUseWhereTheNewOneCannotBeWritten) {
  SetWriter kept = writer();
  ASSERT_TRUE(kept.write(pair("one")));

  const Status failed = kept.write(set_of(file("svid.pem", "two"), file("svid.key/no-folder", "two")));

  EXPECT_FALSE(failed);
  EXPECT_EQ(content_of(directory / "svid.pem"), "one");
  EXPECT_EQ(content_of(directory / "svid.key"), "one");
  EXPECT_EQ(sets_in(directory), 1U);
}

TEST_F(SetWriterTest, SaysThatFilesCannotBeGivenAway) {
  if (::getuid() == 0) GTEST_SKIP() << "root may";
  RenderedFile given = file("svid.key", "one");
  given.owner = 0;
  const Status failed = writer().write(set_of(std::move(given)));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), testing::HasSubstr("only root may give files away"));
}

TEST_F(SetWriterTest, GivesFilesToTheirOwnerAndGroup) {
  if (::getuid() != 0) GTEST_SKIP() << "only root may give files away";
  RenderedFile given = file("svid.key", "one", 0640);
  given.owner = 1;
  given.group = 2;

  ASSERT_TRUE(writer().write(set_of(std::move(given))));

  struct stat info {};
  ASSERT_EQ(::stat((directory / "svid.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 1U);
  EXPECT_EQ(info.st_gid, 2U);
  EXPECT_EQ(info.st_mode & 07777, 0640U);
}

TEST_F(SetWriterTest, NoticesWhatHasGone) {
  SetWriter kept = writer();
  EXPECT_TRUE(kept.intact());  // nothing was written yet
  ASSERT_TRUE(kept.write(pair("one")));
  EXPECT_TRUE(kept.intact());

  fs::remove(directory / "svid.key");
  EXPECT_FALSE(kept.intact());
  ASSERT_TRUE(kept.write(pair("one")));
  fs::remove(directory / "..data");
  EXPECT_FALSE(kept.intact());
  ASSERT_TRUE(kept.write(pair("one")));
  fs::remove_all(directory);
  EXPECT_FALSE(kept.intact());
  ASSERT_TRUE(kept.write(pair("one")));
  EXPECT_TRUE(kept.intact());
}

TEST_F(SetWriterTest, ReplacesFilesOneByOneWhereAsked) {
  SetWriter kept = writer(Layout::files);
  ASSERT_TRUE(kept.write(set_of(file("tls/svid.pem", "one"), file("b.test.pem", "b"))));
  EXPECT_FALSE(fs::is_symlink(directory / "tls" / "svid.pem"));
  EXPECT_TRUE(kept.intact());

  // Another life, in which b.test is withdrawn.
  ASSERT_TRUE(writer(Layout::files).write(set_of(file("tls/svid.pem", "two"))));

  EXPECT_EQ(content_of(directory / "tls" / "svid.pem"), "two");
  EXPECT_FALSE(fs::exists(directory / "b.test.pem"));
  ASSERT_TRUE(kept.remove());
  EXPECT_THAT(names_in(directory), ElementsAre("tls"));
  EXPECT_THAT(names_in(directory / "tls"), IsEmpty());
}

TEST_F(SetWriterTest, ChangesFromOneLayoutToTheOther) {
  ASSERT_TRUE(writer(Layout::set).write(set_of(file("svid.pem", "one"), file("old", "one"))));
  ASSERT_TRUE(writer(Layout::files).write(set_of(file("svid.pem", "two"), file("older", "two"))));
  EXPECT_THAT(names_in(directory), UnorderedElementsAre("svid.pem", "older", "..files"));
  EXPECT_FALSE(fs::is_symlink(directory / "svid.pem"));

  SetWriter kept = writer(Layout::set);
  ASSERT_TRUE(kept.write(set_of(file("svid.pem", "three"))));
  EXPECT_EQ(content_of(directory / "svid.pem"), "three");
  EXPECT_FALSE(fs::exists(fs::symlink_status(directory / "older")));
}

}  // namespace
}  // namespace entente::helper
