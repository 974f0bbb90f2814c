// The command line's grammar, a file for each group of commands. Each declares its commands to CLI11 and says which
// function runs when one was given.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "cli/options.hpp"

namespace entente::cli {

// What parsing leaves behind. Outlives the command that it names.
struct CommandLine {
  GlobalOptions global;
  std::function<int()> command;
};

// The values that a command's options are parsed into live as long as the parser that holds its callback.
void add_daemons(CLI::App& app, CommandLine& line);
void add_health(CLI::App& app, CommandLine& line);
void add_bundle(CLI::App& app, CommandLine& line);
void add_federation(CLI::App& app, CommandLine& line);
void add_push(CLI::App& app, CommandLine& line);
void add_entry(CLI::App& app, CommandLine& line);
void add_doctor(CLI::App& app, CommandLine& line);
void add_workload(CLI::App& app, CommandLine& line);
// Of `svid` and `jwt`, what needs no Workload API: id, verify.
void add_svid_reading(CLI::App& svid, CommandLine& line);
void add_jwt_reading(CLI::App& jwt, CommandLine& line);
void add_helper(CLI::App& app, CommandLine& line);

// The arguments behind the program's name, with the spelling of spiffe-helper's own (`-config`, `-daemon-mode=false`)
// behind `helper` made ours.
std::vector<std::string> read_arguments(int argc, char** argv);

template <class T>
std::optional<T> given(const CLI::App& app, const std::string& name, const T& value) {
  return app.count(name) > 0 ? std::optional<T>(value) : std::nullopt;
}

}  // namespace entente::cli
