// What happens to the child process: decided purely. Who carries the orders out tells how it went.
#pragma once

#include <chrono>
#include <optional>

#include "workload/helper/helper_config.hpp"

namespace entente::helper {

using Instant = std::chrono::steady_clock::time_point;

// What to do now, in this order.
struct Orders {
  int signal = 0;  // to the child
  bool kill = false;
  bool start = false;
  std::optional<int> exit;  // the helper's exit code: all is over
  friend bool operator==(const Orders&, const Orders&) = default;
};

// Of a helper with or without a child. Without one it only knows when to end.
class Supervisor {
 public:
  // `renew_signal`: 0 for none.
  Supervisor(std::optional<ChildConfig> child, int renew_signal);

  // A new set is in the directory: the first starts the child, every other tells it.
  Orders set_in_place(Instant now);
  // The files have been taken away; a running child is told.
  Orders set_removed();
  Orders start_failed(Instant now, int exit_code);
  // It ended by itself or by us; 128 + n for signal n, as a shell has it.
  Orders ended(Instant now, int exit_code);
  // SIGTERM, SIGINT or SIGQUIT to the helper: the child gets it too, and has its grace to end.
  Orders asked_to_stop(Instant now, int signal);
  // Any other signal to the helper.
  Orders asked_to_pass(int signal) const;
  // At wakes_at().
  Orders time_passed(Instant now);

  std::optional<Instant> wakes_at() const { return wakes_at_; }
  bool running() const { return state_ == State::running || state_ == State::stopping; }
  // Whether it should be running, and is not.
  bool down() const { return state_ == State::pausing; }

 private:
  enum class State { waiting, running, pausing, resting, stopping, over };

  Orders start(Instant now);
  Orders over(int exit_code);
  Orders after_end(Instant now, int exit_code);
  Orders pause(Instant now);

  std::optional<ChildConfig> child_;
  int renew_signal_;
  State state_ = State::waiting;
  Instant started_at_;
  std::optional<Instant> wakes_at_;
  Duration next_pause_;
  int last_exit_code_ = 0;
};

}  // namespace entente::helper
