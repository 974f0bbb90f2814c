#include "common/base/file_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "common/base/file.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente {
namespace {

using test::TempFolder;
namespace fs = std::filesystem;

asio::awaitable<void> keep_change(FileWatch& watch, std::optional<Status>& result) {
  result = co_await watch.changed();
}

// Whether the watch tells of a change that `act` makes; bounded, and without waiting where it does.
bool tells(asio::io_context& io, FileWatch& watch, const std::function<void()>& act) {
  std::optional<Status> result;
  asio::cancellation_signal stop;
  asio::co_spawn(io, keep_change(watch, result), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  io.restart();
  io.poll();
  EXPECT_FALSE(result) << "told of a change before there was one";
  act();
  io.restart();
  io.run_one_for(std::chrono::milliseconds(200));
  io.restart();
  io.poll();
  const bool told = result && *result;
  stop.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  return told;
}

TEST(FileWatch, TellsOfAFileThatIsWrittenReplacedOrRemoved) {
  const TempFolder folder;
  const fs::path path = folder.write("file", "one");
  asio::io_context io;
  FileWatch watch = std::move(FileWatch::create(io.get_executor(), {path}).value());

  EXPECT_TRUE(tells(io, watch, [&] { folder.write("file", "two"); }));
  EXPECT_TRUE(tells(io, watch, [&] { ASSERT_TRUE(replace_file(path, "three", 0644)); }));
  EXPECT_TRUE(tells(io, watch, [&] { fs::remove(path); }));
  EXPECT_TRUE(tells(io, watch, [&] { folder.write("file", "four"); }));
  EXPECT_FALSE(tells(io, watch, [] {}));
}

// Kubernetes: file -> ..data/file, ..data -> ..1; an update makes ..2 and renames a new link over ..data.
TEST(FileWatch, TellsOfAnUpdateThroughLinks) {
  const TempFolder folder;
  for (const char* version : {"..1", "..2"}) {
    fs::create_directory(folder / version);
    folder.write(std::string(version) + "/file", version);
  }
  fs::create_directory_symlink("..1", folder / "..data");
  fs::create_symlink("..data/file", folder / "file");
  asio::io_context io;
  FileWatch watch = std::move(FileWatch::create(io.get_executor(), {folder / "file"}).value());

  const bool told = tells(io, watch, [&] {
    fs::create_directory_symlink("..2", folder / "..new");
    fs::rename(folder / "..new", folder / "..data");
  });

  EXPECT_TRUE(told);
  EXPECT_EQ(read_file(folder / "file").value(), "..2");
}

TEST(FileWatch, TellsOfTheTargetOfALinkInAnotherFolder) {
  const TempFolder folder, elsewhere;
  const fs::path target = elsewhere.write("target", "one");
  fs::create_symlink(target, folder / "file");
  asio::io_context io;
  FileWatch watch = std::move(FileWatch::create(io.get_executor(), {folder / "file"}).value());

  EXPECT_TRUE(tells(io, watch, [&] { elsewhere.write("target", "two"); }));
}

TEST(FileWatch, KeepsChangesBetweenTwoCallsAndMergesThem) {
  const TempFolder folder;
  const fs::path path = folder.write("file", "one");
  asio::io_context io;
  FileWatch watch = std::move(FileWatch::create(io.get_executor(), {path}).value());
  std::optional<Status> result;

  for (int i = 0; i < 100; ++i) folder.write("file", "two");
  asio::co_spawn(io, keep_change(watch, result), asio::detached);
  io.run_for(std::chrono::seconds(5));

  ASSERT_TRUE(result);
  EXPECT_TRUE(*result);
  EXPECT_FALSE(tells(io, watch, [] {}));
}

TEST(FileWatch, OfAMissingFolderIsAnError) {
  const TempFolder folder;
  asio::io_context io;

  const Result<FileWatch> watch = FileWatch::create(io.get_executor(), {folder / "missing" / "file"});

  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code(), Errc::not_found);
  EXPECT_EQ(watch.error().message(), "watch " + (folder / "missing").string() + ": No such file or directory");
}

TEST(FileWatch, ThatIsCancelledSaysSo) {
  const TempFolder folder;
  asio::io_context io;
  FileWatch watch = std::move(FileWatch::create(io.get_executor(), {folder.write("file", "")}).value());
  std::optional<Status> result;
  asio::cancellation_signal stop;

  asio::co_spawn(io, keep_change(watch, result), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  io.run();

  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code(), Errc::cancelled);
}

// Whether wait_for_change() ends within `act`.
bool ends_within(FileWatch* watch, asio::io_context& io, test::FakeClock& clock, const std::function<void()>& act) {
  std::optional<Status> result;
  asio::cancellation_signal stop;
  const auto wait = [&]() -> asio::awaitable<void> { result = co_await wait_for_change(watch, clock); };
  asio::co_spawn(io, wait, asio::bind_cancellation_slot(stop.slot(), asio::detached));
  io.restart();
  io.poll();
  EXPECT_FALSE(result);
  act();
  io.restart();
  io.run_one_for(std::chrono::milliseconds(200));
  io.restart();
  io.poll();
  const bool ended = result && *result;
  stop.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  return ended;
}

TEST(WaitForChange, EndsByAChangeOrAfterAMinute) {
  const TempFolder folder;
  asio::io_context io;
  test::FakeClock clock;
  FileWatch watch = std::move(FileWatch::create(io.get_executor(), {folder.write("file", "one")}).value());

  EXPECT_TRUE(ends_within(&watch, io, clock, [&] { folder.write("file", "two"); }));
  EXPECT_TRUE(ends_within(&watch, io, clock, [&] { clock.advance(std::chrono::seconds(60)); }));
  EXPECT_FALSE(ends_within(&watch, io, clock, [&] { clock.advance(std::chrono::seconds(59)); }));
}

TEST(WaitForChange, LooksEveryFiveSecondsWithoutAWatch) {
  asio::io_context io;
  test::FakeClock clock;

  EXPECT_TRUE(ends_within(nullptr, io, clock, [&] { clock.advance(std::chrono::seconds(5)); }));
  EXPECT_FALSE(ends_within(nullptr, io, clock, [&] { clock.advance(std::chrono::seconds(4)); }));
}

}  // namespace
}  // namespace entente
