#include "common/base/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_folder.hpp"

namespace entente {
namespace {

using test::TempFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(ReadFile, GivesTheWholeFile) {
  const TempFolder folder;
  std::string content("a\0b\n", 4);
  content.append(100'000, 'x');

  EXPECT_EQ(read_file(folder.write("file", content)).value(), content);
  EXPECT_EQ(read_file(folder.write("empty", "")).value(), "");
}

TEST(ReadFile, KeepsItsLimitToTheByte) {
  const TempFolder folder;
  const fs::path path = folder.write("file", "12345");

  EXPECT_TRUE(read_file(path, 5));
  const Result<std::string> over = read_file(path, 4);

  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code(), Errc::too_large);
  EXPECT_EQ(over.error().message(), path.string() + ": over the limit of 4 bytes");
}

TEST(ReadFile, ReservesNothingForAFileOverTheLimit) {
  const TempFolder folder;
  const fs::path path = folder.write("sparse", "");
  ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 40), 0);

  EXPECT_EQ(read_file(path).error().code(), Errc::too_large);
}

TEST(ReadFile, ReadsFilesThatDoNotTellTheirSize) { EXPECT_FALSE(read_file("/proc/self/status").value().empty()); }

TEST(ReadFile, NamesThePathAndTheReason) {
  const TempFolder folder;

  const Result<std::string> missing = read_file(folder / "missing");

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_EQ(missing.error().message(), "open " + (folder / "missing").string() + ": No such file or directory");
}

TEST(ReadFile, NeitherReadsAFolderNorWaitsForAPipe) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);

  EXPECT_THAT(read_file(folder.path()).error().message(), HasSubstr("not a regular file"));
  EXPECT_THAT(read_file(folder / "pipe").error().message(), HasSubstr("not a regular file"));
}

TEST(ReplaceFile, SetsContentAndModeWhateverTheUmask) {
  const TempFolder folder;
  const mode_t old = ::umask(0077);

  const Status made = replace_file(folder / "public", "one", 0644);
  const Status made_secret = replace_file(folder / "secret", "key", 0600);

  ::umask(old);
  EXPECT_TRUE(made);
  EXPECT_TRUE(made_secret);
  EXPECT_EQ(read_file(folder / "public").value(), "one");
  EXPECT_EQ(mode_of(folder / "public"), 0644U);
  EXPECT_EQ(mode_of(folder / "secret"), 0600U);
}

TEST(ReplaceFile, LeavesAReaderOfTheOldFileUndisturbed) {
  const TempFolder folder;
  const fs::path path = folder.write("file", "old");
  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));

  ASSERT_TRUE(replace_file(path, "new", 0644));

  char text[4] = {};
  EXPECT_EQ(::read(reader.get(), text, 3), 3);
  EXPECT_STREQ(text, "old");
  EXPECT_EQ(read_file(path).value(), "new");
}

TEST(ReplaceFile, LeavesNothingBesideTheFile) {
  const TempFolder folder;

  ASSERT_TRUE(replace_file(folder / "file", "one", 0644));
  ASSERT_TRUE(replace_file(folder / "file", "two", 0644));
  fs::create_directory(folder / "occupied");
  folder.write("occupied/file", "");
  EXPECT_FALSE(replace_file(folder / "occupied", "three", 0644));

  EXPECT_EQ(entries_of(folder.path()), 2U);
}

TEST(ReplaceFile, ThatCannotBeDoneKeepsTheOldFileAndSaysWhy) {
  const TempFolder folder;

  const Status done = replace_file(folder / "missing" / "file", "new", 0644);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::not_found);
  EXPECT_THAT(done.error().message(), HasSubstr((folder / "missing").string()));
}

// A trust domain may have 255 bytes, and a file's name no more.
TEST(ReplaceFile, TakesAsLongANameAsAFileCanHave) {
  const TempFolder folder;
  const std::string name(255, 'n');

  EXPECT_TRUE(replace_file(folder / name, "content", 0644));

  EXPECT_EQ(read_file(folder / name).value(), "content");
  EXPECT_EQ(entries_of(folder.path()), 1U);
}

TEST(RemoveFile, RemovesAndIsContentWhereNothingIs) {
  const TempFolder folder;
  const fs::path path = folder.write("file", "x");

  EXPECT_TRUE(remove_file(path));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(remove_file(path));
  EXPECT_FALSE(remove_file(folder.path()));
}

TEST(EnsureFolder, MakesItAndItsParents) {
  const TempFolder folder;

  EXPECT_TRUE(ensure_folder(folder / "a/b/c", 0700));

  EXPECT_EQ(mode_of(folder / "a/b/c"), 0700U);
  EXPECT_EQ(mode_of(folder / "a"), 0755U);
  EXPECT_TRUE(ensure_folder(folder / "a/b/c", 0700));
  EXPECT_TRUE(ensure_folder(folder / "slash/", 0755));
  EXPECT_TRUE(fs::is_directory(folder / "slash"));
}

TEST(EnsureFolder, RefusesAFolderOfSecretsThatOthersMayEnter) {
  const TempFolder folder;
  ASSERT_TRUE(ensure_folder(folder / "open", 0755));

  const Status secret = ensure_folder(folder / "open", 0700);

  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code(), Errc::permission_denied);
  EXPECT_THAT(secret.error().message(), HasSubstr("chmod 0700 it"));
  EXPECT_EQ(mode_of(folder / "open"), 0755U);
}

TEST(EnsureFolder, RefusesAFileInItsPlace) {
  const TempFolder folder;
  folder.write("file", "");

  EXPECT_THAT(ensure_folder(folder / "file", 0755).error().message(), HasSubstr("not a folder"));
  EXPECT_FALSE(ensure_folder(folder / "file" / "below", 0755));
}

TEST(FileLock, IsHeldByOneAndNamesItsHolder) {
  const TempFolder folder;

  const Result<FileLock> first = FileLock::acquire(folder / "lock");
  const Result<FileLock> second = FileLock::acquire(folder / "lock");

  ASSERT_TRUE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::unavailable);
  EXPECT_EQ(second.error().message(),
            (folder / "lock").string() + ": held by another process (pid " + std::to_string(::getpid()) + ")");
}

TEST(FileLock, IsFreedWithItsObject) {
  const TempFolder folder;
  { ASSERT_TRUE(FileLock::acquire(folder / "lock")); }

  EXPECT_TRUE(FileLock::acquire(folder / "lock"));
}

TEST(UniqueFd, ClosesWhatItOwnsOnce) {
  int number = -1;
  {
    UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.get();
    const UniqueFd second(std::move(first));
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(::fcntl(number, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace entente
