// Tells the process of a pid file that the files are new, also where that process or its pid file comes late.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/base/log.hpp"

namespace entente::helper {

// Each set is told once to the process that the file names, unless that began after the set was in place and so has
// read it. A file that appears or changes later is followed: the process that it then names is told too. No file, or
// no such process: it is not running yet, which is said once. Lives on one io_context's thread.
class PidFileTeller {
 public:
  PidFileTeller(std::filesystem::path file, int signal, asio::any_io_executor executor, Clock& clock, Log& log);

  void files_changed();
  asio::awaitable<void> run();  // until cancelled

 private:
  asio::awaitable<void> tell();
  asio::awaitable<void> watch();
  void say(const Error& error);

  std::filesystem::path file_;
  int signal_;
  Clock& clock_;
  Log& log_;
  Event due_;
  std::optional<std::chrono::nanoseconds> changed_at_;              // since boot; null before the first set
  std::optional<std::pair<pid_t, std::chrono::nanoseconds>> told_;  // who, and when it began
  std::string said_;
};

}  // namespace entente::helper
