#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"
#include "cli/daemon.hpp"

namespace entente::cli {

void add_daemons(CLI::App& app, CommandLine& line) {
  const std::pair<const char*, const char*> daemons[] = {
      {"run", "syncer and server in one process"},
      {"server", "the bundle endpoint: what faces the internet"},
      {"syncer", "polls, issues, serves the Workload API, writes the publication"}};
  const DaemonKind kinds[] = {DaemonKind::run, DaemonKind::server, DaemonKind::syncer};
  const auto config = std::make_shared<std::string>();
  for (std::size_t i = 0; i < std::size(daemons); ++i) {
    CLI::App* command = app.add_subcommand(daemons[i].first, daemons[i].second);
    command->add_option("-c,--config", *config, "configuration file")->required();
    command->callback(
        [&line, config, kind = kinds[i]] { line.command = [config, kind] { return run_daemon(kind, *config); }; });
  }
  CLI::App* check = app.add_subcommand("check", "every mistake of a configuration at once; starts nothing");
  check->add_option("-c,--config", *config, "configuration file")->required();
  check->callback([&line, config] { line.command = [config] { return check_config(*config); }; });
}

void add_health(CLI::App& app, CommandLine& line) {
  struct Values {
    bool live = false, ready = false;
    std::string url;
  };
  const auto values = std::make_shared<Values>();
  CLI::App* command = app.add_subcommand("health", "whether a running Entente is live and ready");
  CLI::Option* live = command->add_flag("--live", values->live, "only that it answers");
  command->add_flag("--ready", values->ready, "that it can do its work (the default)")->excludes(live);
  command->add_option("--url", values->url,
                      "ask a telemetry listener, like http://127.0.0.1:9988, in place of the admin socket");
  command->callback([&line, values, command] {
    line.command = [&line, values, command] {
      return health(line.global, values->live ? HealthQuestion::live : HealthQuestion::ready,
                    given(*command, "--url", values->url));
    };
  });
}

}  // namespace entente::cli
