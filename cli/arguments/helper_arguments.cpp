#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {

void add_helper(CLI::App& app, CommandLine& line) {
  const auto flags = std::make_shared<HelperFlags>();
  const auto daemon_mode = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("helper", "keeps files and a child process current, from a Workload API");
  command->add_option("-c,--config", flags->config, "its configuration, or one of spiffe-helper")->required();
  CLI::Option* once =
      command->add_flag("--once", flags->once, "write one complete set and end; --timeout says how long that may take");
  command->add_flag("--check", flags->check, "say every mistake of the configuration; start nothing")->excludes(once);
  CLI::Option* mode = command->add_option("--daemon-mode", *daemon_mode, "spiffe-helper's: false is --once")
                          ->check(CLI::IsMember({"true", "false"}));
  command->add_option("command", flags->command, "behind --: the child to run, in place of the configuration's");
  command->callback([&line, flags, daemon_mode, mode] {
    if (mode->count() > 0) flags->daemon_mode = *daemon_mode == "true";
    line.command = [&line, flags] { return helper(line.global, *flags); };
  });
}

std::vector<std::string> read_arguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  bool helper = false;
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    helper |= argument == "helper";
    const bool theirs = argument.starts_with("-config") || argument.starts_with("-daemon-mode");
    if (helper && theirs) argument.insert(0, "-");
    if (helper && argument == "--daemon-mode") argument += "=true";  // Go's flags need no value
  }
  return arguments;
}

}  // namespace entente::cli
