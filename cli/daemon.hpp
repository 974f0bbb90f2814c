// The long-running commands: `run`, `server`, `syncer`.
#pragma once

#include <filesystem>

namespace entente::cli {

enum class DaemonKind { run, server, syncer };

// Runs until SIGTERM or SIGINT; SIGHUP reads the file again. Returns the exit code: 2 for anything that keeps it from
// starting.
int run_daemon(DaemonKind kind, const std::filesystem::path& file);

// `entente check`: prints every mistake; 0 or 2.
int check_config(const std::filesystem::path& file);

}  // namespace entente::cli
