#include "workload/helper/supervisor.hpp"

#include <algorithm>

namespace entente::helper {
namespace {

Orders only_signal(int signal) {
  Orders orders;
  orders.signal = signal;
  return orders;
}

Instant after(Instant now, Duration wait) { return now + std::chrono::duration_cast<Instant::duration>(wait); }

}  // namespace

Supervisor::Supervisor(std::optional<ChildConfig> child, int renew_signal)
    : child_(std::move(child)), renew_signal_(renew_signal), next_pause_(child_ ? child_->first_pause : Duration()) {}

Orders Supervisor::start(Instant now) {
  state_ = State::running;
  started_at_ = now;
  wakes_at_.reset();
  Orders orders;
  orders.start = true;
  return orders;
}

Orders Supervisor::over(int exit_code) {
  state_ = State::over;
  wakes_at_.reset();
  Orders orders;
  orders.exit = exit_code;
  return orders;
}

Orders Supervisor::set_in_place(Instant now) {
  if (!child_) return {};
  // In a pause the child reads the new files when it starts.
  if (state_ == State::waiting || state_ == State::resting) return start(now);
  return state_ == State::running ? only_signal(renew_signal_) : Orders();
}

Orders Supervisor::set_removed() { return state_ == State::running ? only_signal(renew_signal_) : Orders(); }

Orders Supervisor::pause(Instant now) {
  state_ = State::pausing;
  wakes_at_ = after(now, next_pause_);
  next_pause_ = std::min(next_pause_ * 2, child_->longest_pause);
  return {};
}

Orders Supervisor::after_end(Instant now, int exit_code) {
  last_exit_code_ = exit_code;
  switch (child_->restart) {
    case Restart::never:
      return over(exit_code);
    case Restart::on_failure:
      return exit_code == 0 ? over(0) : pause(now);
    case Restart::always:
      return pause(now);
    case Restart::at_renewal:
      break;
  }
  state_ = State::resting;
  return {};
}

Orders Supervisor::start_failed(Instant now, int exit_code) { return after_end(now, exit_code); }

Orders Supervisor::ended(Instant now, int exit_code) {
  if (state_ == State::stopping) return over(exit_code);
  if (state_ != State::running) return {};
  if (now - started_at_ >= child_->longest_pause) next_pause_ = child_->first_pause;  // it had worked
  return after_end(now, exit_code);
}

Orders Supervisor::asked_to_stop(Instant now, int signal) {
  if (state_ == State::over) return {};
  if (state_ == State::pausing) return over(last_exit_code_);
  if (!running()) return over(0);
  if (state_ == State::running) {
    state_ = State::stopping;
    wakes_at_ = after(now, child_->grace);
  }
  return only_signal(signal);
}

Orders Supervisor::asked_to_pass(int signal) const { return running() ? only_signal(signal) : Orders(); }

Orders Supervisor::time_passed(Instant now) {
  if (!wakes_at_ || now < *wakes_at_) return {};
  wakes_at_.reset();
  if (state_ == State::pausing) return start(now);
  Orders orders;
  orders.kill = state_ == State::stopping;
  return orders;
}

}  // namespace entente::helper
