// The counters count what there is: every other test here rests on them.
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "tests/costs/allocations.hpp"
#include "tests/costs/system_calls.hpp"

namespace entente::test {
namespace {

TEST(AllocationCounter, CountsEveryWayToTheHeap) {
  const Allocations before = allocations_of_thread();

  const auto of_new = std::make_unique<char[]>(1000);
  void* const of_malloc = std::malloc(1000);
  void* const of_calloc = std::calloc(10, 100);
  void* const moved = std::realloc(of_malloc, 2000);
  void* const aligned = std::aligned_alloc(64, 640);
  void* const of_openssl = OPENSSL_malloc(1000);

  const Allocations made = allocations_of_thread() - before;
  EXPECT_EQ(made.count, 6U);
  EXPECT_EQ(made.bytes, 1000U + 1000 + 1000 + 2000 + 640 + 1000);
  OPENSSL_free(of_openssl);
  std::free(aligned);
  std::free(moved);
  std::free(of_calloc);
}

TEST(AllocationCounter, CountsByThreadAndInAll) {
  count_large_from(5000);
  const Allocations here = allocations_of_thread(), everywhere = allocations_of_process();

  Allocations there;
  std::thread([&there] {
    const Allocations before = allocations_of_thread();
    const std::string large(5000, 'x'), small(4000, 'x');
    there = allocations_of_thread() - before;
  }).join();

  EXPECT_EQ(there.count, 2U);
  EXPECT_EQ(there.large, 1U);
  EXPECT_EQ((allocations_of_thread() - here).large, 0U);
  EXPECT_EQ((allocations_of_process() - everywhere).large, 1U);
  EXPECT_GE((allocations_of_process() - everywhere).count, 2U);
}

TEST(SystemCallCounting, CountsEveryOneAndChangesNone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  SystemCalls made;
  char block[10];
  std::int64_t length = 0, refused = 0;
  int error = 0;
  {
    const SystemCallCounter counter;
    const SystemCalls before = counter.so_far();

    static_cast<void>(::write(ends[1], "abc", 3));
    length = ::read(ends[0], block, sizeof block);
    refused = ::read(-1, block, sizeof block);
    error = errno;
    ::syscall(SYS_getpid);  // past libc's wrapper
    ::close(ends[0]);
    ::close(ends[1]);

    made = counter.so_far() - before;
  }

  EXPECT_EQ(length, 3);
  EXPECT_EQ(std::string(block, 3), "abc");
  EXPECT_EQ(refused, -1);
  EXPECT_EQ(error, EBADF);
  EXPECT_EQ(made.str(), "read 2, write 1, close 2, getpid 1");
  EXPECT_EQ(made.total(), 6U);
  EXPECT_EQ(made.of("read"), 2U);
}

TEST(SystemCallCounting, LeavesOtherThreadsAndLaterTimesAlone) {
  std::promise<void> counting, written;
  std::thread other([&] {
    counting.get_future().wait();
    static_cast<void>(::write(-1, "", 0));
    written.set_value();
  });
  SystemCalls made;
  {
    const SystemCallCounter counter;
    counting.set_value();
    written.get_future().wait();
    made = counter.so_far();
  }
  other.join();
  static_cast<void>(::write(-1, "", 0));

  EXPECT_EQ(made.of("write"), 0U);
  EXPECT_EQ(SystemCallCounter().so_far().of("write"), 0U);
}

}  // namespace
}  // namespace entente::test
