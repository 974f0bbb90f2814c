#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {

void add_push(CLI::App& app, CommandLine& line) {
  CLI::App* push = app.add_subcommand("push", "where federated bundles are pushed: list")->require_subcommand(1);
  push->add_subcommand("list", "the targets and how they stand, one line each")->callback([&line] {
    line.command = [&line] { return push_list(line.global); };
  });
}

}  // namespace entente::cli
