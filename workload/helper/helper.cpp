#include "workload/helper/helper.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "workload/helper/child_keeper.hpp"
#include "workload/helper/file_keeper.hpp"
#include "workload/helper/pid_file_teller.hpp"
#include "workload/helper/renewal_command.hpp"

namespace entente::helper {

// The parts, and who tells whom.
struct Helper::Impl {
  Impl(const HelperConfig& what, const client::WorkloadClient& client, Surroundings surroundings)
      : config(what),
        around(surroundings),
        tasks(around.context.get_executor(), around.log),
        changed(around.context.get_executor()),
        source(config, client, around.context.get_executor(), around.calls, around.clock, around.log, changed),
        files(config, source, around.context.get_executor(), changed, around.disk, around.clock, around.log,
              around.readiness, around.metrics, listener()) {}

  FileKeeper::Listener listener() {
    FileKeeper::Listener told;
    told.set_in_place = [this] {
      if (child) child->set_in_place();
      tell_others();
    };
    told.set_removed = [this] {
      if (child) child->set_removed();
      tell_others();
    };
    return told;
  }
  void tell_others() {
    if (command) command->files_changed();
    if (pid_file) pid_file->files_changed();
  }
  // From here on the process's signals are the helper's.
  void begin_telling();
  asio::awaitable<void> end();

  const HelperConfig& config;
  Surroundings around;
  TaskGroup tasks;
  Event changed;
  MaterialSource source;
  std::optional<ChildKeeper> child;
  std::optional<RenewalCommand> command;
  std::optional<PidFileTeller> pid_file;
  FileKeeper files;
};

void Helper::Impl::begin_telling() {
  const auto executor = around.context.get_executor();
  const RenewalConfig& renewal = config.renewal;
  auto ended_other = [this](const Ended& ended) {
    if (command && command->ended(ended)) return;
    around.log.debug("an orphan has ended", {{"pid", ended.pid}, {"exit_code", ended.exit_code}});
  };
  child.emplace(config, around.inheritance, executor, tasks, around.clock, around.log, around.readiness, ended_other);
  if (!renewal.command.empty())
    command.emplace(renewal.command, renewal.command_timeout, around.inheritance, executor, around.log);
  if (!renewal.pid_file.empty()) pid_file.emplace(renewal.pid_file, renewal.signal, executor, around.clock, around.log);
  tasks.spawn("signals", child->handle_signals());
  if (pid_file) tasks.spawn("pid file", pid_file->run());
}

asio::awaitable<void> Helper::Impl::end() {
  tasks.cancel();
  source.stop();
  auto drained = tasks.drained();
  co_await std::move(drained);
}

Helper::Helper(const HelperConfig& config, const client::WorkloadClient& client, Surroundings around)
    : impl_(std::make_unique<Impl>(config, client, around)) {}
Helper::~Helper() = default;

asio::awaitable<int> Helper::run() {
  Impl& impl = *impl_;
  impl.begin_telling();
  impl.source.start(impl.tasks);
  impl.tasks.spawn("files", impl.files.run(false));
  impl.tasks.spawn("directory", impl.files.guard());
  auto over = impl.child->over();
  (void)co_await std::move(over);
  auto ending = impl.end();
  co_await std::move(ending);
  if (impl.config.remove_at_exit) {
    auto removing = impl.files.remove_all();
    co_await std::move(removing);
  }
  co_return impl.child->exit_code();
}

asio::awaitable<Status> Helper::run_once(Duration timeout) {
  using namespace boost::asio::experimental::awaitable_operators;
  Impl& impl = *impl_;
  impl.source.start(impl.tasks);
  auto written = impl.files.run(true);
  auto sleeping = impl.around.clock.sleep(timeout);
  (void)co_await (std::move(written) || std::move(sleeping));
  auto ending = impl.end();
  co_await std::move(ending);
  if (impl.files.has_set()) co_return ok();
  co_return Error(Errc::timeout,
                  "no complete set of files within " + describe_duration(timeout) + ": " + impl.files.trouble());
}

}  // namespace entente::helper
