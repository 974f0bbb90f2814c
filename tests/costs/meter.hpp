// Adds up what stretches of this thread's work allocate and ask of the kernel. Both ends of a connection run on the one
// thread in turns, and only the turns of the end that is measured are counted: so what is counted does not depend on
// who is faster.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <ostream>

#include "tests/costs/allocations.hpp"
#include "tests/costs/system_calls.hpp"

namespace entente::test {

class Meter {
 public:
  template <class Work>
  void count(Work work) {
    const SystemCallCounter counter;
    const Allocations before = allocations_of_thread();
    work();
    allocations_ = allocations_ + (allocations_of_thread() - before);
    calls_ = calls_ + counter.so_far();
  }
  // Counts one handler of `io` and the wait for it.
  void count_turn(boost::asio::io_context& io) {
    if (io.stopped()) io.restart();
    count([&io] { io.run_one_for(std::chrono::seconds(20)); });
  }

  const Allocations& allocations() const { return allocations_; }
  const SystemCalls& calls() const { return calls_; }

 private:
  Allocations allocations_;
  SystemCalls calls_;
};

inline std::ostream& operator<<(std::ostream& out, const Meter& meter) {
  return out << meter.allocations().count << " allocations of " << meter.allocations().bytes
             << " bytes in all; system calls: " << meter.calls().str();
}

// A bound for `times` operations of at most `each`. Timers that a slow machine lets tick meanwhile get half of one more
// for each operation: one more for each is over the bound.
constexpr std::uint64_t at_most(std::uint64_t each, std::uint64_t times) { return each * times + times / 2; }

}  // namespace entente::test
