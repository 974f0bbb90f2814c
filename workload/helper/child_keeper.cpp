#include "workload/helper/child_keeper.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "workload/helper/config_values.hpp"
#include "workload/helper/patient_signal.hpp"

namespace entente::helper {
namespace {

constexpr int stop_signals[] = {SIGTERM, SIGINT, SIGQUIT};
constexpr int passed_signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM};

// As a shell says it.
constexpr int not_found_code = 127, not_startable_code = 126;

bool is_stop(int signal) {
  for (const int each : stop_signals)
    if (each == signal) return true;
  return false;
}

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

ChildKeeper::ChildKeeper(const HelperConfig& config, const Inheritance& inheritance, asio::any_io_executor executor,
                         TaskGroup& tasks, Clock& clock, Log& log, telemetry::Readiness& readiness,
                         std::function<void(const Ended&)> ended_other)
    : config_(config),
      inheritance_(inheritance),
      tasks_(tasks),
      clock_(clock),
      log_(log),
      readiness_(readiness),
      ended_other_(std::move(ended_other)),
      signals_(executor, SIGCHLD),
      timer_(executor),
      over_(executor),
      supervisor_(config.child, config.renewal.signal) {
  for (const int signal : stop_signals) signals_.add(signal);
  for (const int signal : passed_signals) signals_.add(signal);
}

ChildKeeper::~ChildKeeper() = default;

void ChildKeeper::set_in_place() { carry_out(supervisor_.set_in_place(now())); }
void ChildKeeper::set_removed() { carry_out(supervisor_.set_removed()); }

asio::awaitable<void> ChildKeeper::handle_signals() {
  for (;;) {
    const auto [error, signal] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    if (signal == SIGCHLD) {
      reap();
    } else {
      handle(signal);
    }
  }
}

void ChildKeeper::handle(int signal) {
  log_.info("signal", {{"signal", signal_name(signal)}, {"passed_on", pid_ != 0}});
  if (signal == SIGHUP && !config_.child)
    log_.warning("the configuration is read at the start alone: restart the helper where it has changed");
  passing_on_ = true;
  carry_out(is_stop(signal) ? supervisor_.asked_to_stop(now(), signal) : supervisor_.asked_to_pass(signal));
  passing_on_ = false;
}

// One SIGCHLD may stand for several.
void ChildKeeper::reap() {
  while (const std::optional<Ended> ended = reap_one()) {
    if (pid_ == 0 || ended->pid != pid_) {
      ended_other_(*ended);
      continue;
    }
    pid_ = 0;
    log_.info("the child has ended", {{"event", "child_ended"}, {"pid", ended->pid}, {"exit_code", ended->exit_code}});
    carry_out(supervisor_.ended(now(), ended->exit_code));
  }
}

void ChildKeeper::carry_out(const Orders& orders) {
  if (orders.signal != 0 && pid_ != 0) tell(orders.signal);
  if (orders.kill && pid_ != 0) {
    log_.warning("the child does not end: it is killed", {{"event", "child_killed"}, {"pid", pid_}});
    ::kill(pid_, SIGKILL);
  }
  if (orders.start) start();
  if (orders.exit) {
    exit_code_ = *orders.exit;
    over_.raise();
  }
  schedule();
}

// Nobody else waits for the child, so that its pid is its own until reap() has seen its end.
void ChildKeeper::tell(int signal) {
  if (passing_on_) {
    ::kill(pid_, signal);
  } else {
    tasks_.spawn("tell the child", tell_when_ready(pid_, signal));
  }
}

asio::awaitable<void> ChildKeeper::tell_when_ready(pid_t pid, int signal) {
  auto send = [this, pid, signal]() -> Status {
    if (pid_ == pid) ::kill(pid, signal);
    return ok();
  };
  auto signalling = signal_when_ready(pid, signal, std::move(send), clock_);
  const Status sent = co_await std::move(signalling);
  if (sent)
    log_.info("the child is told of the new files",
              {{"event", "child_told"}, {"pid", pid}, {"signal", signal_name(signal)}});
  else if (sent.error().code() != Errc::cancelled)
    log_.warning("the child is not told of the new files", {{"reason", sent.error().message()}});
}

void ChildKeeper::start() {
  const std::vector<std::string>& command = config_.child->command;
  const Result<pid_t> started = start_process(command, inheritance_);
  if (started) {
    pid_ = *started;
    log_.info("the child runs", {{"event", "child_started"}, {"program", command.front()}, {"pid", pid_}});
    return;
  }
  log_.error("the child cannot be started", {{"event", "child_not_started"}, {"error", started.error().message()}});
  const bool missing = started.error().code() == Errc::not_found;
  carry_out(supervisor_.start_failed(now(), missing ? not_found_code : not_startable_code));
}

void ChildKeeper::schedule() {
  if (supervisor_.down())
    readiness_.unmet("child", "it has ended, and is started again");
  else
    readiness_.met("child");
  timer_.cancel();
  const std::optional<Instant> at = supervisor_.wakes_at();
  if (!at) return;
  timer_.expires_at(*at);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) carry_out(supervisor_.time_passed(now()));
  });
}

}  // namespace entente::helper
