#include "tests/costs/allocations.hpp"

#include <atomic>
#include <cerrno>

// What glibc keeps its own allocator under, for whoever puts another malloc before it.
extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT
void* __libc_realloc(void* block, std::size_t size);             // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT
}

namespace entente::test {
namespace {

// No initialisation, and no allocation on first use: it is used from within malloc.
constinit thread_local Allocations of_thread __attribute__((tls_model("initial-exec")));
constinit std::atomic<std::uint64_t> count = 0, bytes = 0, large = 0;
constinit std::atomic<std::size_t> large_from = SIZE_MAX;

void note(std::size_t size) {
  const std::uint64_t is_large = size >= large_from.load(std::memory_order_relaxed) ? 1 : 0;
  ++of_thread.count;
  of_thread.bytes += size;
  of_thread.large += is_large;
  count.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(size, std::memory_order_relaxed);
  large.fetch_add(is_large, std::memory_order_relaxed);
}

}  // namespace

Allocations allocations_of_thread() { return of_thread; }
Allocations allocations_of_process() { return {count, bytes, large}; }
void count_large_from(std::size_t size) { large_from = size; }

extern "C" {

void* malloc(std::size_t size) {
  note(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
  note(number * size);
  return __libc_calloc(number, size);
}

void* realloc(void* block, std::size_t size) {
  if (size > 0) note(size);
  return __libc_realloc(block, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  void* const got = memalign(alignment, size);
  if (got == nullptr) return ENOMEM;
  *block = got;
  return 0;
}

}  // extern "C"

}  // namespace entente::test
