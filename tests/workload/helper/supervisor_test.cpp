#include "workload/helper/supervisor.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace entente::helper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant begin = Instant() + std::chrono::hours(1);

ChildConfig child(Restart restart) {
  ChildConfig config;
  config.command = {"child"};
  config.restart = restart;
  config.first_pause = seconds(1);
  config.longest_pause = seconds(4);
  config.grace = seconds(10);
  return config;
}

const Orders nothing;
const Orders start{0, false, true, std::nullopt};
const Orders kill_it{0, true, false, std::nullopt};
Orders send(int signal) { return {signal, false, false, std::nullopt}; }
Orders end_with(int code) { return {0, false, false, code}; }

TEST(Supervisor, StartsTheChildWithTheFirstSetAndTellsItOfEveryOther) {
  Supervisor supervisor(child(Restart::never), SIGHUP);

  EXPECT_EQ(supervisor.set_in_place(begin), start);
  EXPECT_EQ(supervisor.set_in_place(begin + seconds(1)), send(SIGHUP));
  EXPECT_EQ(supervisor.set_removed(), send(SIGHUP));
}

TEST(Supervisor, SendsNothingWhereThereIsNoSignalOrNoChild) {
  Supervisor silent(child(Restart::never), 0);
  EXPECT_EQ(silent.set_in_place(begin), start);
  EXPECT_EQ(silent.set_in_place(begin), nothing);

  Supervisor childless(std::nullopt, SIGHUP);
  EXPECT_EQ(childless.set_in_place(begin), nothing);
  EXPECT_EQ(childless.set_removed(), nothing);
  EXPECT_EQ(childless.asked_to_pass(SIGUSR1), nothing);
  EXPECT_EQ(childless.asked_to_stop(begin, SIGTERM), end_with(0));
}

TEST(Supervisor, EndsWithTheChildAndItsExitCode) {
  Supervisor supervisor(child(Restart::never), SIGHUP);
  supervisor.set_in_place(begin);

  EXPECT_EQ(supervisor.ended(begin + seconds(1), 7), end_with(7));
}

TEST(Supervisor, StopsTheChildWithTheSameSignalAndEndsWithIt) {
  Supervisor supervisor(child(Restart::always), SIGHUP);
  supervisor.set_in_place(begin);

  EXPECT_EQ(supervisor.asked_to_stop(begin, SIGTERM), send(SIGTERM));
  EXPECT_EQ(supervisor.set_in_place(begin), nothing);
  EXPECT_EQ(supervisor.ended(begin + seconds(1), 143), end_with(143));
}

TEST(Supervisor, KillsAChildThatIgnoresTheSignalAfterItsGrace) {
  Supervisor supervisor(child(Restart::always), SIGHUP);
  supervisor.set_in_place(begin);
  supervisor.asked_to_stop(begin, SIGTERM);

  EXPECT_EQ(supervisor.wakes_at(), begin + seconds(10));
  EXPECT_EQ(supervisor.asked_to_stop(begin + seconds(5), SIGTERM), send(SIGTERM));
  EXPECT_EQ(supervisor.wakes_at(), begin + seconds(10));  // asking again is no reprieve
  EXPECT_EQ(supervisor.time_passed(begin + seconds(10) - milliseconds(1)), nothing);
  EXPECT_EQ(supervisor.time_passed(begin + seconds(10)), kill_it);
  EXPECT_EQ(supervisor.ended(begin + seconds(10), 137), end_with(137));
}

TEST(Supervisor, StartsAFailedChildAgainWithPausesThatGrowToALimit) {
  Supervisor supervisor(child(Restart::on_failure), SIGHUP);
  supervisor.set_in_place(begin);
  Instant now = begin;

  for (const int pause : {1, 2, 4, 4}) {
    EXPECT_EQ(supervisor.ended(now, 1), nothing);
    EXPECT_TRUE(supervisor.down());
    ASSERT_EQ(supervisor.wakes_at(), now + seconds(pause));
    now += seconds(pause);
    EXPECT_EQ(supervisor.time_passed(now), start);
    EXPECT_FALSE(supervisor.down());
  }
}

TEST(Supervisor, BeginsWithAShortPauseAgainOnceTheChildHadWorked) {
  Supervisor supervisor(child(Restart::always), SIGHUP);
  supervisor.set_in_place(begin);
  supervisor.ended(begin, 1);
  supervisor.time_passed(begin + seconds(1));

  supervisor.ended(begin + seconds(60), 1);

  EXPECT_EQ(supervisor.wakes_at(), begin + seconds(61));
}

TEST(Supervisor, LeavesASuccessfulChildEndedOnlyOnFailure) {
  Supervisor on_failure(child(Restart::on_failure), SIGHUP);
  on_failure.set_in_place(begin);
  EXPECT_EQ(on_failure.ended(begin, 0), end_with(0));

  Supervisor always(child(Restart::always), SIGHUP);
  always.set_in_place(begin);
  EXPECT_EQ(always.ended(begin, 0), nothing);
  EXPECT_EQ(always.wakes_at(), begin + seconds(1));
}

TEST(Supervisor, EndsInAPauseWithTheChildsLastExitCode) {
  Supervisor supervisor(child(Restart::always), SIGHUP);
  supervisor.set_in_place(begin);
  supervisor.ended(begin, 3);

  EXPECT_EQ(supervisor.set_in_place(begin), nothing);  // it reads the new files when it starts
  EXPECT_EQ(supervisor.asked_to_stop(begin, SIGTERM), end_with(3));
}

TEST(Supervisor, StartsAnEndedChildWithTheNextSetAsSpiffeHelperDoes) {
  Supervisor supervisor(child(Restart::at_renewal), SIGHUP);
  EXPECT_EQ(supervisor.set_in_place(begin), start);

  EXPECT_EQ(supervisor.ended(begin, 0), nothing);
  EXPECT_EQ(supervisor.wakes_at(), std::nullopt);
  EXPECT_EQ(supervisor.set_in_place(begin), start);
  EXPECT_EQ(supervisor.set_in_place(begin), send(SIGHUP));
  supervisor.ended(begin, 1);
  EXPECT_EQ(supervisor.asked_to_stop(begin, SIGTERM), end_with(0));
}

TEST(Supervisor, TakesAProgramThatCannotBeStartedForOneThatFailed) {
  Supervisor never(child(Restart::never), SIGHUP);
  never.set_in_place(begin);
  EXPECT_EQ(never.start_failed(begin, 127), end_with(127));

  Supervisor always(child(Restart::always), SIGHUP);
  always.set_in_place(begin);
  EXPECT_EQ(always.start_failed(begin, 127), nothing);
  EXPECT_EQ(always.wakes_at(), begin + seconds(1));
}

TEST(Supervisor, PassesOtherSignalsOnToARunningChild) {
  Supervisor supervisor(child(Restart::never), SIGHUP);
  EXPECT_EQ(supervisor.asked_to_pass(SIGUSR2), nothing);
  supervisor.set_in_place(begin);
  EXPECT_EQ(supervisor.asked_to_pass(SIGUSR2), send(SIGUSR2));
}

}  // namespace
}  // namespace entente::helper
