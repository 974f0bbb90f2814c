#include "workload/helper/renewal_command.hpp"

#include <algorithm>
#include <csignal>

namespace entente::helper {
namespace {

constexpr Duration first_pause = std::chrono::seconds(1), longest_pause = std::chrono::minutes(1);

}  // namespace

RenewalCommand::RenewalCommand(std::vector<std::string> command, Duration limit, const Inheritance& inheritance,
                               const asio::any_io_executor& executor, Log& log)
    : command_(std::move(command)),
      limit_(limit),
      inheritance_(inheritance),
      log_(log),
      timer_(executor),
      pause_(first_pause) {}

RenewalCommand::~RenewalCommand() { kill(); }

void RenewalCommand::files_changed() {
  pause_ = first_pause;
  if (pid_ != 0) {
    again_ = true;
  } else {
    start();
  }
}

void RenewalCommand::after(Duration wait, void (RenewalCommand::*what)()) {
  timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(wait));
  timer_.async_wait([this, what](const boost::system::error_code& error) {
    if (!error) (this->*what)();
  });
}

void RenewalCommand::start() {
  again_ = false;
  const Result<pid_t> started = start_process(command_, inheritance_);
  if (!started) return failed(started.error().message());
  pid_ = *started;
  after(limit_, &RenewalCommand::kill);
}

// Nobody else waits for it, so that its pid is its own until ended() is told.
void RenewalCommand::kill() {
  if (pid_ != 0) ::kill(pid_, SIGKILL);
}

void RenewalCommand::failed(const std::string& how) {
  log_.warning("the command at renewal failed and is retried",
               {{"event", "renewal_command_failed"}, {"command", command_.front()}, {"how", how}});
  after(pause_, &RenewalCommand::start);
  pause_ = std::min(pause_ * 2, longest_pause);
}

bool RenewalCommand::ended(const Ended& process) {
  if (pid_ == 0 || process.pid != pid_) return false;
  pid_ = 0;
  timer_.cancel();
  if (again_) {
    start();
  } else if (process.exit_code != 0) {
    failed("exit code " + std::to_string(process.exit_code));
  } else {
    log_.info("the command at renewal has run", {{"event", "renewal_command_done"}, {"command", command_.front()}});
  }
  return true;
}

}  // namespace entente::helper
