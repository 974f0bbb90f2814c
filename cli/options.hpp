// What every command is told, and how it says how it went.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace entente::cli {

// README.
enum ExitCode : int {
  exit_done = 0,
  exit_failed = 1,    // the thing asked for failed; the message is on stderr
  exit_usage = 2,     // usage or configuration
  exit_approval = 3,  // done, but a change awaits approval
};

enum class Output { text, json };

struct GlobalOptions {
  Output output = Output::text;
  std::optional<std::string> socket;        // --socket: the Workload API
  std::optional<std::string> admin_socket;  // --admin-socket
  Duration timeout = std::chrono::seconds(30);
};

// Where the admin socket is, as gRPC names it ("unix:/path"): --admin-socket, else ENTENTE_ADMIN_SOCKET;
// Errc::invalid_argument where neither says.
Result<std::string> admin_target(const GlobalOptions& options);

// "entente: <message>" on stderr; the exit code for the error.
int fail(const Error& error);
// The same for what a server refused: not a mistake of usage, whatever its code.
int fail_refused(const Error& error);
// What only an Entente can do, asked of another server: says so.
int fail_entente_only(const Error& error);
int fail_usage(const std::string& message);

}  // namespace entente::cli
