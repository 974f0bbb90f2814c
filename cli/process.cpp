#include "cli/process.hpp"

#include <grpc/support/log.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>

namespace entente::cli {
namespace {

// gRPC's hook takes no argument of ours: the one place where a process-wide pointer cannot be had without.
std::atomic<Log*> grpc_log = nullptr;

void log_grpc(gpr_log_func_args* line) {
  Log* log = grpc_log;
  if (log == nullptr) return;
  if (line->severity == GPR_LOG_SEVERITY_ERROR)
    log->warning("grpc", {{"message", line->message}});
  else
    log->debug("grpc", {{"message", line->message}});
}

// Every connection is a descriptor, a caller's two.
void raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

void prepare_process(Log& log) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error to handle like a full disk, no reason to die
  raise_open_files();
  grpc_log = &log;
  gpr_set_log_function(log_grpc);
}

}  // namespace entente::cli
