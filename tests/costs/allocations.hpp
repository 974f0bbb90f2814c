// Counts heap allocations: this program's malloc and its kin are glibc's with a count in front, so that OpenSSL's,
// SQLite's and gRPC's count like our own. Linking it is enough. Reallocating counts as allocating; freeing does not
// count.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::test {

struct Allocations {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // asked for, in all
  std::uint64_t large = 0;  // of at least the size given to count_large_from()
};
inline Allocations operator+(const Allocations& a, const Allocations& b) {
  return {a.count + b.count, a.bytes + b.bytes, a.large + b.large};
}
inline Allocations operator-(const Allocations& a, const Allocations& b) {
  return {a.count - b.count, a.bytes - b.bytes, a.large - b.large};
}

// From the beginning of the calling thread, and of the process.
Allocations allocations_of_thread();
Allocations allocations_of_process();

void count_large_from(std::size_t size);

}  // namespace entente::test
