// Carries out what the supervisor decides: the child process, signals, and orphans of PID 1.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/base/log.hpp"
#include "common/base/task.hpp"
#include "common/telemetry/readiness.hpp"
#include "workload/helper/process.hpp"
#include "workload/helper/supervisor.hpp"

namespace entente::helper {

// Lives on one io_context's thread. Handles every signal of the process from its construction on.
class ChildKeeper {
 public:
  // `ended_other` is told of every process that ended and is not the child.
  ChildKeeper(const HelperConfig& config, const Inheritance& inheritance, asio::any_io_executor executor,
              TaskGroup& tasks, Clock& clock, Log& log, telemetry::Readiness& readiness,
              std::function<void(const Ended&)> ended_other);
  ~ChildKeeper();  // a child that still runs is left alone

  void set_in_place();
  void set_removed();

  asio::awaitable<void> handle_signals();  // until cancelled
  // Completes when the helper is to end; the exit code then.
  asio::awaitable<Status> over() { return over_.wait(); }
  int exit_code() const { return exit_code_; }

 private:
  void carry_out(const Orders& orders);
  void start();
  void tell(int signal);
  void reap();
  void schedule();
  void handle(int signal);
  asio::awaitable<void> tell_when_ready(pid_t pid, int signal);

  const HelperConfig& config_;
  const Inheritance& inheritance_;
  TaskGroup& tasks_;
  Clock& clock_;
  Log& log_;
  telemetry::Readiness& readiness_;
  std::function<void(const Ended&)> ended_other_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
  Event over_;
  Supervisor supervisor_;
  pid_t pid_ = 0;            // 0: no child runs
  bool passing_on_ = false;  // the signal of the orders at hand is the helper's own, not the renewal's
  int exit_code_ = 0;
};

}  // namespace entente::helper
