// The program: its command line, and nothing else. Each command is a function of cli/commands or cli/daemon.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/arguments/arguments.hpp"
#include "cli/print.hpp"
#include "cli/version.hpp"

namespace entente::cli {
namespace {

// CLI11 asks for a command before it looks at what was given in its place.
std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  const std::vector<std::string> unknown = app->remaining(true);
  const bool command_expected = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty();
  const std::string what = command_expected ? "unknown command or argument: " + unknown.front() : error.what();
  return "entente: " + printable(what) + "\nRun with --help for more information.\n";
}

int print_version(const GlobalOptions& options) {
  if (options.output == Output::json)
    print_json({{"version", version()}});
  else
    std::cout << "entente " << version() << '\n';
  return exit_done;
}

int run(int argc, char** argv) {
  CLI::App app("The federation edge of a SPIFFE trust domain.", "entente");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "entente " + version());
  app.failure_message(usage_message);
  CommandLine line;
  std::string output = "text", timeout = "30s", socket, admin_socket;
  app.add_option("--output", output, "text or json")->check(CLI::IsMember({"text", "json"}));
  app.add_option("--socket", socket, "the Workload API's; else SPIFFE_ENDPOINT_SOCKET");
  app.add_option("--admin-socket", admin_socket, "the admin API's; else ENTENTE_ADMIN_SOCKET");
  app.add_option("--timeout", timeout, "how long an answer may take, like 30s");
  add_daemons(app, line);
  add_health(app, line);
  add_federation(app, line);
  add_bundle(app, line);
  add_push(app, line);
  add_entry(app, line);
  add_doctor(app, line);
  add_workload(app, line);
  add_helper(app, line);
  app.add_subcommand("version", "what this is")->callback([&line] {
    line.command = [&line] { return print_version(line.global); };
  });
  try {
    std::vector<std::string> arguments = read_arguments(argc, argv);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  line.global.output = output == "json" ? Output::json : Output::text;
  line.global.socket = given(app, "--socket", socket);
  line.global.admin_socket = given(app, "--admin-socket", admin_socket);
  const Result<Duration> patience = parse_duration(timeout);
  if (!patience || *patience == Duration::zero())
    return fail_usage("--timeout: " + (patience ? "must be more than 0" : patience.error().message()));
  line.global.timeout = *patience;
  return line.command();
}

}  // namespace
}  // namespace entente::cli

int main(int argc, char** argv) { return entente::cli::run(argc, argv); }
