// Processes: starting them, telling how they ended, and signalling those of others without ever hitting a stranger.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/file.hpp"
#include "common/base/result.hpp"

namespace entente::helper {

// What a child inherits: the descriptors that the helper itself began with, and no other.
class Inheritance {
 public:
  // Call before anything is opened.
  static Inheritance now();
  // Closes on exec whatever was opened since.
  void keep_to_itself() const;

 private:
  std::set<int> descriptors_;
};

// Starts a program (looked up in PATH) with default signal handling and no signal blocked; standard input, output and
// error are the helper's. Errc::not_found where there is no such program.
Result<pid_t> start_process(const std::vector<std::string>& command, const Inheritance& inheritance);

// A process that has ended, and was waited for: ours, or as PID 1 an orphan.
struct Ended {
  pid_t pid;
  int exit_code;  // 128 + n for signal n
};
std::optional<Ended> reap_one();  // null where none has ended

// A process that somebody else started. The handle never means another one, even when its pid is used again.
class ForeignProcess {
 public:
  // Errc::not_found where no such process runs.
  static Result<ForeignProcess> open(pid_t pid);

  pid_t pid() const { return pid_; }
  // Since the machine started; null where /proc does not tell.
  std::optional<std::chrono::nanoseconds> began() const { return began_; }
  bool running() const;
  Status signal(int number) const;

 private:
  ForeignProcess(pid_t pid, UniqueFd fd) : pid_(pid), fd_(std::move(fd)) {}
  pid_t pid_;
  UniqueFd fd_;  // a pidfd
  std::optional<std::chrono::nanoseconds> began_;
};
std::chrono::nanoseconds time_since_boot();

// What a signal would do to a process.
enum class Effect {
  handled,  // it is caught or ignored; also where /proc does not tell
  blocked,  // it waits until the process takes it up, or dies of it when it unblocks it, as a shell that is forking
            // does
  fatal,
};
Effect effect_of(pid_t pid, int signal);

// The process that a pid file names. Errc::not_found where there is no file or no such process: it may not run yet.
// Errc::conflict where the process began after the file was written: the pid is used again, by a stranger.
Result<ForeignProcess> open_pid_file(const std::filesystem::path& file);

}  // namespace entente::helper
