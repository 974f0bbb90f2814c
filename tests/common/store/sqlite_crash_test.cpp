#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "common/base/file.hpp"
#include "common/store/sqlite_store.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::store {
namespace {

// A child that writes without end, and what it has said so far.
class EndlessWriter {
 public:
  explicit EndlessWriter(const std::filesystem::path& path) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    const std::string argument = path.string();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(ENDLESS_WRITER, ENDLESS_WRITER, argument.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output_.reset(ends[0]);
  }
  ~EndlessWriter() { kill(); }
  EndlessWriter(const EndlessWriter&) = delete;
  EndlessWriter& operator=(const EndlessWriter&) = delete;

  // Waits (bounded) for that many lines.
  bool has_said(std::size_t lines) {
    while (lines_ < lines)
      if (!read_some()) return false;
    return true;
  }

  // Kills it, reads what was still in the pipe, and returns the last whole revision it said.
  std::uint64_t kill() {
    if (pid_ <= 0) return last_;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    while (read_some()) {
    }
    return last_;
  }

 private:
  bool read_some() {
    pollfd ready{output_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 10000) != 1) return false;
    char block[4096];
    const ssize_t count = ::read(output_.get(), block, sizeof block);
    if (count <= 0) return false;
    for (const char c : std::string_view(block, static_cast<std::size_t>(count))) {
      if (c != '\n') {
        line_ += c;
        continue;
      }
      last_ = std::stoull(line_);
      line_.clear();
      ++lines_;
    }
    return true;
  }

  pid_t pid_ = -1;
  UniqueFd output_;
  std::string line_;
  std::size_t lines_ = 0;
  std::uint64_t last_ = 0;
};

// As long as the record, without a gap, and bounded.
void expect_history_up_to(Store& store, std::uint64_t revision) {
  const auto trust_domain = spiffe::TrustDomain::parse("b.test").value();
  const StoredHistory history = store.history(trust_domain, HistoryQuery()).value();
  EXPECT_TRUE(history.unreadable.empty());
  ASSERT_GE(history.entries.size(), std::min<std::uint64_t>(revision, 40));
  EXPECT_LE(history.entries.size(), 44U);
  std::uint64_t number = revision - history.entries.size();
  for (const auto& entry : history.entries) {
    EXPECT_EQ(entry->number, ++number);
    EXPECT_EQ(entry->bundle->sequence, number);
  }
  EXPECT_EQ(store.load().value().last_event.at(trust_domain), revision);
}

TEST(SqliteStore, HoldsTheLastAcceptedRecordWholeAfterAKillAtAnyMoment) {
  const test::TempFolder folder;
  std::uint64_t before = 0;
  for (const std::size_t lines : {1U, 2U, 3U, 5U, 8U, 13U, 21U, 34U, 55U, 89U}) {
    EndlessWriter writer(folder / "entente.db");
    ASSERT_TRUE(writer.has_said(lines));
    const std::uint64_t said = writer.kill();
    EXPECT_GE(said, before + lines);

    const auto store = SqliteStore::open(folder / "entente.db").value();
    const Loaded loaded = store->load().value();

    ASSERT_EQ(loaded.records.size(), 1U);
    EXPECT_TRUE(loaded.unreadable.empty());
    const trust::BundleRecord& record = loaded.records[0];
    EXPECT_GE(record.revision, said);
    EXPECT_LE(record.revision, said + 1);  // written, and killed before it could say so
    EXPECT_EQ(record.bundle->sequence, record.revision);
    EXPECT_EQ(record.highest_sequence, record.revision);
    std::string source;
    for (int i = 0; i < 2000; ++i) source += std::to_string(record.revision) + ",";
    EXPECT_EQ(record.source, source);
    expect_history_up_to(*store, record.revision);
    before = record.revision;
  }
}

}  // namespace
}  // namespace entente::store
