// The command that is run after each new set.
#pragma once

#include <sys/types.h>

#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "common/base/log.hpp"
#include "common/base/time.hpp"
#include "workload/helper/process.hpp"

namespace entente::helper {

namespace asio = boost::asio;

// One at a time: a set that comes while it runs has it run once more. Killed at its time limit. A failure is retried, 1
// s doubling to 1 min, until it works: who was to be told still has the old files. Lives on one io_context's thread.
class RenewalCommand {
 public:
  RenewalCommand(std::vector<std::string> command, Duration limit, const Inheritance& inheritance,
                 const asio::any_io_executor& executor, Log& log);
  ~RenewalCommand();

  void files_changed();
  // Whether the process that ended was this one.
  bool ended(const Ended& process);

 private:
  void start();
  void failed(const std::string& how);
  void after(Duration wait, void (RenewalCommand::*what)());
  void kill();

  std::vector<std::string> command_;
  Duration limit_;
  const Inheritance& inheritance_;
  Log& log_;
  asio::steady_timer timer_;
  pid_t pid_ = 0;  // 0: it does not run
  bool again_ = false;
  Duration pause_;
};

}  // namespace entente::helper
