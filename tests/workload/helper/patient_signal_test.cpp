#include "workload/helper/patient_signal.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>

#include "tests/support/eventually.hpp"
#include "tests/support/fake_clock.hpp"
#include "workload/helper/process.hpp"

namespace entente::helper {
namespace {

class PatientSignal : public testing::Test {
 protected:
  ~PatientSignal() override {
    if (pid == 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  void start(const std::vector<std::string>& command) { pid = *start_process(command, Inheritance::now()); }
  void signal(int number) {
    auto send = [this]() -> Status {
      ++sent;
      return ok();
    };
    asio::co_spawn(context, signal_when_ready(pid, number, send, clock),
                   [this](const std::exception_ptr&, const Status& status) { outcome = status; });
    context.poll();
  }

  asio::io_context context;
  entente::test::FakeClock clock;
  pid_t pid = 0;
  int sent = 0;
  std::optional<Status> outcome;
};

TEST_F(PatientSignal, IsSentAtOnceToAProcessThatHandlesIt) {
  start({"sh", "-c", "trap : USR2; while :; do sleep 0.01; done"});
  ASSERT_TRUE(entente::test::eventually([&] { return effect_of(pid, SIGUSR2) == Effect::handled; }));
  signal(SIGUSR2);
  EXPECT_EQ(sent, 1);
}

TEST_F(PatientSignal, IsSentAtOnceWhereItIsMeantToEndTheProcess) {
  start({"sleep", "60"});
  signal(SIGTERM);
  EXPECT_EQ(sent, 1);
}

TEST_F(PatientSignal, IsNeverSentToAProcessThatWouldDieOfIt) {
  start({"sleep", "60"});
  signal(SIGUSR2);
  for (int i = 0; i < 20 && !outcome; ++i) {
    clock.advance(std::chrono::seconds(10));
    context.restart();
    context.poll();
  }
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code(), Errc::unavailable);
  EXPECT_EQ(sent, 0);
}

}  // namespace
}  // namespace entente::helper
