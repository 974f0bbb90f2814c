// Counts the system calls of one thread, every one, by whatever library: the kernel's system call user dispatch (Linux
// 5.11) turns each into a signal, whose handler counts it and makes it. That needs no privilege, no other process and
// no tool (strace and ptrace are often forbidden in containers, perf nearly always), and, unlike a count in front of
// libc's functions, it misses nothing. What the vDSO answers in user space is no system call and is not seen. x86-64
// alone.
#pragma once

#include <cstdint>
#include <string>

namespace entente::test {

// A value: how often each call was made.
class SystemCalls {
 public:
  // `name` as in the kernel ("read", "sendto"); those that nothing here expects are in total() and str() alone.
  std::uint64_t of(const std::string& name) const;
  // All but reading the clock, which is a system call only where the kernel's clock source cannot be read from user
  // space: that is the machine's doing.
  std::uint64_t total() const;
  std::string str() const;  // "epoll_wait 3, read 12"

  friend SystemCalls operator+(const SystemCalls& a, const SystemCalls& b);
  friend SystemCalls operator-(const SystemCalls& a, const SystemCalls& b);

 private:
  friend class SystemCallCounter;
  static constexpr std::size_t size = 512;
  std::uint64_t counts_[size] = {};
};

// Counts on its thread for as long as it lives; throws where the kernel cannot do it. Meanwhile the thread must start
// no thread and no process, nor block signals. At most one a thread.
class SystemCallCounter {
 public:
  SystemCallCounter();
  ~SystemCallCounter();
  SystemCallCounter(const SystemCallCounter&) = delete;
  SystemCallCounter& operator=(const SystemCallCounter&) = delete;

  SystemCalls so_far() const;  // from the construction on
};

}  // namespace entente::test
