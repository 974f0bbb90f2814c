#include "cli/daemon.hpp"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <iostream>
#include <thread>

#include "cli/options.hpp"
#include "cli/process.hpp"
#include "cli/server_app.hpp"
#include "cli/service_manager.hpp"
#include "cli/syncer_app.hpp"
#include "cli/version.hpp"
#include "common/base/event.hpp"
#include "common/base/task.hpp"
#include "common/config/config.hpp"

namespace entente::cli {
namespace {

// A stop that hangs is cut off by the kernel: nothing that is needed later is kept in memory alone.
constexpr unsigned stop_limit_seconds = 10;

// A thread with an io_context of its own for the endpoint, so that what the internet does never delays a poll.
class ServerThread {
 public:
  ServerThread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
  ~ServerThread() {
    work_.reset();
    context_.stop();
    thread_.join();
  }
  ServerThread(const ServerThread&) = delete;
  ServerThread& operator=(const ServerThread&) = delete;

  asio::io_context& context() { return context_; }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

class Daemon {
 public:
  Daemon(DaemonKind kind, std::filesystem::path file, config::Config config)
      : kind_(kind), file_(std::move(file)), config_(std::move(config)), log_(config_.log.level, config_.log.format) {}

  int run();

 private:
  asio::awaitable<void> live();
  asio::awaitable<Status> start();
  asio::awaitable<void> follow_reloads();
  asio::awaitable<void> reload();
  asio::awaitable<void> stop();
  asio::awaitable<void> feed_watchdog(Duration interval);
  Status start_server();
  // Where the server lives: in `run` on a thread of its own.
  asio::io_context& server_context() { return server_thread_ ? server_thread_->context() : control_; }

  DaemonKind kind_;
  std::filesystem::path file_;
  config::Config config_;
  Log log_;
  SystemClock clock_;
  telemetry::Metrics metrics_;
  telemetry::Readiness readiness_;
  telemetry::Pages pages_;
  asio::io_context control_{1};
  Event reload_wanted_{control_.get_executor()};
  std::unique_ptr<SyncerApp> syncer_;
  std::optional<ServerThread> server_thread_;
  std::unique_ptr<ServerApp> server_;
  std::optional<Error> start_failure_;
};

int Daemon::run() {
  prepare_process(log_);
  log_.info("entente starts", {{"version", version()}, {"config", config_.file.string()}, {"pid", ::getpid()}});
  asio::co_spawn(control_, live(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);  // a bug: the process ends with it
  });
  control_.run();
  if (start_failure_) {
    log_.error("entente cannot start", {{"error", start_failure_->message()}});
    return exit_usage;
  }
  log_.info("entente has stopped");
  return exit_done;
}

asio::awaitable<void> Daemon::live() {
  asio::signal_set signals(control_, SIGTERM, SIGINT, SIGHUP);
  readiness_.unmet("start", "starting");
  const Status started = co_await start();
  if (!started) {
    start_failure_ = started.error();
    ::alarm(stop_limit_seconds);
    co_await stop();
    co_return;
  }
  readiness_.met("start");
  notify_service_manager("READY=1");
  log_.info("entente runs");
  TaskGroup tasks(control_.get_executor(), log_);
  if (const auto interval = watchdog_interval()) tasks.spawn("watchdog", feed_watchdog(*interval));
  tasks.spawn("reload", follow_reloads());  // beside the signals: a reload that waits for a disk delays no stop
  for (;;) {
    const auto [error, signal] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) break;
    if (signal != SIGHUP) {
      log_.info("entente stops", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      break;
    }
    reload_wanted_.raise();
  }
  notify_service_manager("STOPPING=1");
  ::alarm(stop_limit_seconds);
  tasks.cancel();
  co_await tasks.drained();
  co_await stop();
}

asio::awaitable<void> Daemon::follow_reloads() {
  for (;;) {
    const Status wanted = co_await reload_wanted_.wait();
    if (!wanted) co_return;
    co_await reload();
  }
}

Status Daemon::start_server() {
  const bool alone = kind_ == DaemonKind::server;
  asio::io_context& context = alone ? control_ : server_thread_.emplace().context();
  const auto role = alone ? ServerApp::Role::alone : ServerApp::Role::with_syncer;
  Result<std::unique_ptr<ServerApp>> started =
      ServerApp::start(config_, role, context, clock_, metrics_, readiness_, pages_, log_);
  if (!started) return started.error();
  server_ = std::move(*started);
  return ok();
}

asio::awaitable<Status> Daemon::start() {
  if (kind_ != DaemonKind::server) {
    Result<std::unique_ptr<SyncerApp>> opened =
        SyncerApp::open(config_, control_, clock_, metrics_, readiness_, pages_, log_);
    if (!opened) co_return opened.error();
    syncer_ = std::move(*opened);
    const Status started = co_await syncer_->start();
    if (!started) co_return started.error();
  }
  const bool serves = kind_ == DaemonKind::server || (kind_ == DaemonKind::run && config_.bundle_endpoint);
  co_return serves ? start_server() : ok();
}

asio::awaitable<void> Daemon::reload() {
  notify_reloading();
  auto loaded = config::load(file_);
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&loaded)) {
    log_.error("the configuration has mistakes and is refused whole; the running one goes on",
               {{"event", "configuration_refused"}});
    for (const config::Mistake& mistake : *mistakes) {
      std::string place = config::describe(file_, {mistake});
      place.pop_back();  // its newline
      log_.error("mistake in the configuration", {{"at", place}});
    }
  } else {
    auto& fresh = std::get<config::Config>(loaded);
    for (const std::string& name : config::needs_restart(config_, fresh))
      log_.warning("a changed setting needs a restart", {{"event", "restart_needed"}, {"setting", name}});
    if (syncer_) {
      co_await syncer_->reload(fresh);
    } else {
      log_.set_level(fresh.log.level);
      log_.set_format(fresh.log.format);
    }
    if (server_) {
      auto task = server_->reload(fresh);
      // Without a way to cancel it: cancellation must not cross threads, and the server's part waits for nothing.
      auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
      co_await asio::co_spawn(server_context(), std::move(task), token);
    }
    log_.info("the configuration is applied", {{"event", "configuration_applied"}});
  }
  notify_service_manager("READY=1");
}

asio::awaitable<void> Daemon::stop() {
  if (server_) {
    // On the thread it lives on, which in `run` is not this one.
    auto stopping = [](std::unique_ptr<ServerApp> server) -> asio::awaitable<void> { co_await server->stop(); };
    auto task = stopping(std::move(server_));
    co_await asio::co_spawn(server_context(), std::move(task), asio::use_awaitable);
  }
  server_thread_.reset();
  if (syncer_) co_await syncer_->stop();
  syncer_.reset();  // and with it every timer and connection that would keep the io_context turning
}

asio::awaitable<void> Daemon::feed_watchdog(Duration interval) {
  for (;;) {
    notify_service_manager("WATCHDOG=1");
    const Status slept = co_await clock_.sleep(interval);
    if (!slept) co_return;
  }
}

int print_mistakes(const std::filesystem::path& file, const std::vector<config::Mistake>& mistakes) {
  std::cerr << config::describe(file, mistakes);
  return exit_usage;
}

config::Role role_of(DaemonKind kind) {
  switch (kind) {
    case DaemonKind::run:
      return config::Role::run;
    case DaemonKind::server:
      return config::Role::server;
    case DaemonKind::syncer:
      return config::Role::syncer;
  }
  return config::Role::run;
}

}  // namespace

int run_daemon(DaemonKind kind, const std::filesystem::path& file) {
  auto loaded = config::load(file);
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&loaded)) return print_mistakes(file, *mistakes);
  auto& config = std::get<config::Config>(loaded);
  const std::vector<std::string> missing = config::missing_for(role_of(kind), config);
  for (const std::string& message : missing) std::cerr << file.string() << ": " << message << '\n';
  if (!missing.empty()) return exit_usage;
  Daemon daemon(kind, file, std::move(config));
  return daemon.run();
}

int check_config(const std::filesystem::path& file) {
  const auto loaded = config::load(file);
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&loaded)) return print_mistakes(file, *mistakes);
  return exit_done;
}

}  // namespace entente::cli
