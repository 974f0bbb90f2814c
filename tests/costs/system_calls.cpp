#include "tests/costs/system_calls.hpp"

#include <linux/prctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

// What the kernel lets pass: the handler's own calls, and its return.
asm(R"(
  .text
entente_passing_begin:
  .type entente_system_call, @function
entente_system_call:
  movq %rdi, %rax
  movq %rsi, %rdi
  movq %rdx, %rsi
  movq %rcx, %rdx
  movq %r8, %r10
  movq %r9, %r8
  movq 8(%rsp), %r9
  syscall
  ret
  .size entente_system_call, .-entente_system_call
  .type entente_return, @function
entente_return:
  movq $15, %rax
  syscall
  .size entente_return, .-entente_return
  nop
entente_passing_end:
)");
extern "C" {
long entente_system_call(long number, greg_t a, greg_t b, greg_t c, greg_t d, greg_t e, greg_t f);
void entente_return();
extern const char entente_passing_begin, entente_passing_end;
}

namespace entente::test {
namespace {

constexpr std::size_t most = 512;
constinit thread_local std::uint64_t counted[most] __attribute__((tls_model("initial-exec"))) = {};
constinit thread_local char dispatching __attribute__((tls_model("initial-exec"))) = SYSCALL_DISPATCH_FILTER_ALLOW;

constexpr std::pair<long, const char*> names[] = {
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_readv, "readv"},
    {SYS_writev, "writev"},
    {SYS_close, "close"},
    {SYS_openat, "openat"},
    {SYS_fstat, "fstat"},
    {SYS_newfstatat, "newfstatat"},
    {SYS_poll, "poll"},
    {SYS_ioctl, "ioctl"},
    {SYS_fcntl, "fcntl"},
    {SYS_brk, "brk"},
    {SYS_mmap, "mmap"},
    {SYS_munmap, "munmap"},
    {SYS_mprotect, "mprotect"},
    {SYS_madvise, "madvise"},
    {SYS_futex, "futex"},
    {SYS_getpid, "getpid"},
    {SYS_socket, "socket"},
    {SYS_connect, "connect"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_shutdown, "shutdown"},
    {SYS_sendto, "sendto"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_getsockopt, "getsockopt"},
    {SYS_setsockopt, "setsockopt"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_epoll_ctl, "epoll_ctl"},
    {SYS_eventfd2, "eventfd2"},
    {SYS_timerfd_create, "timerfd_create"},
    {SYS_timerfd_settime, "timerfd_settime"},
    {SYS_getrandom, "getrandom"},
    {SYS_clock_gettime, "clock_gettime"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_pread64, "pread64"},
    {SYS_pwrite64, "pwrite64"},
    {SYS_rename, "rename"},
    {SYS_unlink, "unlink"},
};

std::string name_of(std::size_t number) {
  for (const auto& [known, name] : names)
    if (static_cast<std::size_t>(known) == number) return name;
  return "#" + std::to_string(number);
}

// Anything here but the raw call would itself be caught.
void count_and_make(int, siginfo_t* info, void* context) {
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto number = static_cast<std::size_t>(info->si_syscall);
  if (number < most) ++counted[number];
  registers[REG_RAX] = entente_system_call(info->si_syscall, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                                           registers[REG_R10], registers[REG_R8], registers[REG_R9]);
}

// As the kernel has it: libc's would put a return of its own in the place of ours.
struct Action {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  unsigned long mask;
};
constexpr unsigned long sa_restorer = 0x04000000;

void handle_the_signal() {
  const Action action{count_and_make, SA_SIGINFO | sa_restorer, entente_return, 0};
  if (::syscall(SYS_rt_sigaction, SIGSYS, &action, nullptr, sizeof action.mask) != 0)
    throw std::runtime_error("rt_sigaction of SIGSYS fails");
}

}  // namespace

std::uint64_t SystemCalls::of(const std::string& name) const {
  for (const auto& [number, known] : names)
    if (name == known) return counts_[number];
  throw std::invalid_argument("no name of a system call here: " + name);
}

std::uint64_t SystemCalls::total() const {
  std::uint64_t sum = 0;
  for (std::size_t number = 0; number < size; ++number)
    if (number != SYS_clock_gettime) sum += counts_[number];
  return sum;
}

std::string SystemCalls::str() const {
  std::string text;
  for (std::size_t number = 0; number < size; ++number)
    if (counts_[number] > 0)
      text += (text.empty() ? "" : ", ") + name_of(number) + " " + std::to_string(counts_[number]);
  return text;
}

SystemCalls operator+(const SystemCalls& a, const SystemCalls& b) {
  SystemCalls sum;
  for (std::size_t number = 0; number < SystemCalls::size; ++number)
    sum.counts_[number] = a.counts_[number] + b.counts_[number];
  return sum;
}

SystemCalls operator-(const SystemCalls& a, const SystemCalls& b) {
  SystemCalls difference;
  for (std::size_t number = 0; number < SystemCalls::size; ++number)
    difference.counts_[number] = a.counts_[number] - b.counts_[number];
  return difference;
}

SystemCallCounter::SystemCallCounter() {
  std::memset(counted, 0, sizeof counted);
  handle_the_signal();
  const auto size = static_cast<unsigned long>(&entente_passing_end - &entente_passing_begin);
  dispatching = SYSCALL_DISPATCH_FILTER_BLOCK;
  if (::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, &entente_passing_begin, size, &dispatching) != 0)
    throw std::runtime_error(std::string("system calls cannot be counted here: ") + std::strerror(errno));
}

SystemCallCounter::~SystemCallCounter() {
  dispatching = SYSCALL_DISPATCH_FILTER_ALLOW;
  ::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
}

SystemCalls SystemCallCounter::so_far() const {
  SystemCalls calls;
  std::memcpy(calls.counts_, counted, sizeof counted);
  return calls;
}

}  // namespace entente::test
