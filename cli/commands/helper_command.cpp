#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <iostream>

#include "cli/commands/commands.hpp"
#include "cli/process.hpp"
#include "common/client/endpoint_socket.hpp"
#include "common/telemetry/listener.hpp"
#include "workload/helper/helper.hpp"

namespace entente::cli {
namespace {

namespace asio = boost::asio;

// The limit of open files stays as it is: the child inherits it.
void prepare(Log& log) {
  rlimit files{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &files) == 0;
  prepare_process(log);
  if (known) (void)::setrlimit(RLIMIT_NOFILE, &files);
}

class HelperProcess {
 public:
  HelperProcess(helper::HelperConfig config, const std::string& target, helper::Inheritance inheritance)
      : config_(std::move(config)),
        inheritance_(std::move(inheritance)),
        log_(config_.log.level, config_.log.format),
        helper_(config_, client::WorkloadClient(target),
                {context_, disk_, calls_, clock_, log_, readiness_, metrics_, inheritance_}) {
    log_.info("helper starts", {{"config", config_.file.string()}, {"workload_api", target}});
    for (const std::string& warning : config_.warnings) log_.warning(warning);
  }
  ~HelperProcess() {
    disk_.join();
    calls_.join();
  }

  int run(Duration timeout) {
    prepare(log_);
    if (config_.health && !config_.once)
      if (const Status listening = listen(); !listening) {
        log_.error("the helper cannot start", {{"error", listening.error().message()}});
        return exit_usage;
      }
    int exit_code = exit_failed;
    asio::co_spawn(context_, live(timeout), [&](const std::exception_ptr& failure, int code) {
      context_.stop();
      if (failure) std::rethrow_exception(failure);  // a bug: the process ends with it
      exit_code = code;
    });
    context_.run();
    return exit_code;
  }

 private:
  asio::awaitable<int> live(Duration timeout) {
    if (!config_.once) {
      auto running = helper_.run();
      const int exit_code = co_await std::move(running);
      co_return exit_code;
    }
    auto writing = helper_.run_once(timeout);
    const Status written = co_await std::move(writing);
    if (written) co_return exit_done;
    log_.error(
        "not done: see that the agent runs, that this process may open its socket, and that there is an entry "
        "for this workload; --timeout gives it longer",
        {{"reason", written.error().message()}});
    co_return exit_failed;
  }

  // "[::]" stands for every address; a host without IPv6 has fewer of them.
  Status listen() {
    const auto bind = [this](const std::string& where) {
      return telemetry::Listener::bind(context_.get_executor(), where, metrics_, readiness_, log_, nullptr,
                                       {config_.health->live_path, config_.health->ready_path});
    };
    auto bound = bind(config_.health->listen);
    if (!bound && config_.health->listen.starts_with("[::]:"))
      bound = bind("0.0.0.0" + config_.health->listen.substr(4));
    if (!bound) return bound.error();
    listener_ = std::move(*bound);
    log_.info("health listens", {{"port", listener_->port()}});
    asio::co_spawn(context_, listener_->run(), asio::detached);
    return ok();
  }

  helper::HelperConfig config_;
  helper::Inheritance inheritance_;
  Log log_;
  SystemClock clock_;
  telemetry::Metrics metrics_;
  telemetry::Readiness readiness_;
  asio::thread_pool disk_{1}, calls_{2};
  asio::io_context context_{1};
  std::unique_ptr<telemetry::Listener> listener_;
  helper::Helper helper_;
};

// --socket, the file, SPIFFE_ENDPOINT_SOCKET, and last what spiffe-helper takes.
Result<std::string> find_socket(const GlobalOptions& options, const helper::HelperConfig& config) {
  auto found = client::find_endpoint_socket(options.socket ? options.socket : config.socket);
  if (found || options.socket || config.socket || config.fallback_socket.empty()) return found;
  if (std::getenv("SPIFFE_ENDPOINT_SOCKET") != nullptr) return found;
  return client::find_endpoint_socket(config.fallback_socket);
}

void apply(const HelperFlags& flags, helper::HelperConfig& config) {
  if (flags.once) config.once = true;
  if (flags.daemon_mode) config.once = !*flags.daemon_mode;
  if (flags.command.empty()) return;
  if (!config.child) config.child.emplace();
  if (config.child->restart == helper::Restart::at_renewal) config.child->restart = helper::Restart::never;
  config.child->command = flags.command;
}

}  // namespace

int helper(const GlobalOptions& options, const HelperFlags& flags) {
  helper::Inheritance inheritance = helper::Inheritance::now();
  auto loaded = helper::load(flags.config);
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&loaded)) {
    std::cerr << config::describe(flags.config, *mistakes);
    return exit_usage;
  }
  auto& config = std::get<helper::HelperConfig>(loaded);
  apply(flags, config);
  if (flags.check) {
    for (const std::string& warning : config.warnings) std::cerr << flags.config << ": warning: " << warning << '\n';
    return exit_done;
  }
  const Result<std::string> target = find_socket(options, config);
  if (!target) return fail_usage(target.error().message());
  HelperProcess process(std::move(config), *target, std::move(inheritance));
  return process.run(options.timeout);
}

}  // namespace entente::cli
