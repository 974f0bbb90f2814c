#include "workload/helper/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "tests/support/eventually.hpp"
#include "tests/support/temp_folder.hpp"
#include "workload/helper/config_values.hpp"

namespace entente::helper {
namespace {

using entente::test::eventually;
using testing::HasSubstr;

// A shell that waits to be ended.
class Shell {
 public:
  explicit Shell(const std::string& script) : pid_(*start_process({"sh", "-c", script}, Inheritance::now())) {}
  ~Shell() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

Ended wait_for_end(pid_t pid) {
  std::optional<Ended> ended;
  EXPECT_TRUE(eventually([&] { return (ended = reap_one()).has_value(); }));
  EXPECT_EQ(ended->pid, pid);
  return *ended;
}

TEST(Process, TellsHowItEnded) {
  const Inheritance inheritance = Inheritance::now();
  EXPECT_EQ(wait_for_end(*start_process({"sh", "-c", "exit 7"}, inheritance)).exit_code, 7);
  EXPECT_EQ(wait_for_end(*start_process({"sh", "-c", "kill -TERM $$"}, inheritance)).exit_code, 143);
}

TEST(Process, IsNotStartedWhereThereIsNoProgram) {
  const auto missing = start_process({"no-such-program-anywhere"}, Inheritance::now());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_THAT(missing.error().message(), HasSubstr("no-such-program-anywhere"));
}

// spiffe-helper#249: what the helper was given is passed on, and what it opened is not.
TEST(Process, InheritsTheDescriptorsThatTheHelperBeganWithAndNoOther) {
  const entente::test::TempFolder folder;
  const int given = ::open("/dev/null", O_RDONLY);
  const Inheritance inheritance = Inheritance::now();
  const int own = ::open("/dev/null", O_RDONLY);
  const std::string script =
      "test -e /proc/self/fd/" + std::to_string(given) + " && ! test -e /proc/self/fd/" + std::to_string(own);

  EXPECT_EQ(wait_for_end(*start_process({"sh", "-c", script}, inheritance)).exit_code, 0);
  ::close(given);
  ::close(own);
}

TEST(Process, OfSomebodyElseIsSignalledOnlyWhileItIsTheSame) {
  const Shell shell("trap 'exit 0' USR1; while :; do sleep 0.01; done");
  const auto process = ForeignProcess::open(shell.pid());
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->running());
  ASSERT_TRUE(process->began());
  EXPECT_LE(*process->began(), time_since_boot());
  ASSERT_TRUE(process->signal(SIGKILL));
  EXPECT_TRUE(eventually([&] { return !process->running(); }));
  ::waitpid(shell.pid(), nullptr, 0);
  EXPECT_FALSE(process->signal(SIGKILL));  // its pid may be another's by now
}

TEST(Process, KnowsWhichSignalsItWouldDieOf) {
  const Shell shell("trap '' HUP; trap : USR1; while :; do sleep 0.01; done");
  EXPECT_TRUE(eventually([&] { return effect_of(shell.pid(), SIGUSR1) == Effect::handled; }));
  EXPECT_EQ(effect_of(shell.pid(), SIGHUP), Effect::handled);
  // A shell blocks all signals while it forks.
  EXPECT_TRUE(eventually([&] { return effect_of(shell.pid(), SIGUSR2) == Effect::fatal; }));
  EXPECT_EQ(effect_of(0, SIGHUP), Effect::handled);  // not told
}

TEST(PidFile, NamesAProcessThatIsOlderThanTheFile) {
  const entente::test::TempFolder folder;
  const Shell shell("exec sleep 60");
  const auto file = folder.write("x.pid", " " + std::to_string(shell.pid()) + "\n");

  const auto process = open_pid_file(file);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid(), shell.pid());
}

// A pid that is used again belongs to a process that is younger than the file.
TEST(PidFile, DoesNotNameAStrangerThatGotThePid) {
  const entente::test::TempFolder folder;
  const Shell shell("exec sleep 60");
  const auto file = folder.write("x.pid", std::to_string(shell.pid()));
  const timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), long_ago, 0), 0);

  const auto process = open_pid_file(file);
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code(), Errc::conflict);
  EXPECT_THAT(process.error().message(), HasSubstr("younger than the file"));
}

// spiffe-helper#251
TEST(PidFile, MayComeLater) {
  const entente::test::TempFolder folder;
  EXPECT_EQ(open_pid_file(folder / "x.pid").error().code(), Errc::not_found);
  EXPECT_EQ(open_pid_file(folder.write("x.pid", "")).error().code(), Errc::not_found);
  EXPECT_EQ(open_pid_file(folder.write("x.pid", "4194305")).error().code(), Errc::not_found);
}

TEST(PidFile, HoldsNothingButANumber) {
  const entente::test::TempFolder folder;
  for (const char* content : {"-1", "0", "12x", "nginx", "99999999999"})
    EXPECT_EQ(open_pid_file(folder.write("x.pid", content)).error().code(), Errc::syntax) << content;
  EXPECT_EQ(open_pid_file(folder.write("x.pid", std::to_string(::getpid()))).error().code(), Errc::syntax);
}

}  // namespace
}  // namespace entente::helper
