#include "workload/helper/pid_file_teller.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "common/base/file_watch.hpp"
#include "workload/helper/config_values.hpp"
#include "workload/helper/patient_signal.hpp"
#include "workload/helper/process.hpp"

namespace entente::helper {

PidFileTeller::PidFileTeller(std::filesystem::path file, int signal, asio::any_io_executor executor, Clock& clock,
                             Log& log)
    : file_(std::move(file)), signal_(signal), clock_(clock), log_(log), due_(std::move(executor)) {}

void PidFileTeller::files_changed() {
  changed_at_ = time_since_boot();
  told_.reset();
  due_.raise();
}

asio::awaitable<void> PidFileTeller::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  for (;;) {
    auto due = due_.wait();
    auto watched = watch();
    const auto first = co_await (std::move(due) || std::move(watched));
    if (first.index() == 0 && !std::get<0>(first)) co_return;  // cancelled
    auto telling = tell();
    co_await std::move(telling);
  }
}

asio::awaitable<void> PidFileTeller::watch() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const std::vector<std::filesystem::path> paths{file_};
  Result<FileWatch> watch = FileWatch::create(executor, paths);
  auto waiting = wait_for_change(watch ? &*watch : nullptr, clock_);
  (void)co_await std::move(waiting);
}

void PidFileTeller::say(const Error& error) {
  if (said_ == error.message()) return;
  said_ = error.message();
  if (error.code() == Errc::not_found)
    log_.info("no process to tell yet", {{"pid_file", file_.string()}, {"reason", said_}});
  else
    log_.warning("the process is not told of the new files", {{"pid_file", file_.string()}, {"reason", said_}});
}

asio::awaitable<void> PidFileTeller::tell() {
  if (!changed_at_) co_return;
  const Result<ForeignProcess> process = open_pid_file(file_);
  if (!process) co_return say(process.error());
  const auto began = process->began().value_or(std::chrono::nanoseconds(0));
  const std::pair who(process->pid(), began);
  // The kernel counts in hundredths of a second.
  if (told_ == who || began > *changed_at_ + std::chrono::milliseconds(20)) co_return;
  auto send = [&process = *process, signal = signal_] { return process.signal(signal); };
  auto signalling = signal_when_ready(process->pid(), signal_, std::move(send), clock_);
  const Status sent = co_await std::move(signalling);
  if (!sent && sent.error().code() == Errc::cancelled) co_return;
  if (!sent) co_return say(sent.error());
  told_ = who;
  said_.clear();
  log_.info("the process is told of the new files",
            {{"event", "process_told"}, {"pid", process->pid()}, {"signal", signal_name(signal_)}});
}

}  // namespace entente::helper
