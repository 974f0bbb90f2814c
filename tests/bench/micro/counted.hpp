// A benchmark's loop that also counts what each turn of it allocates, OpenSSL's allocations included.
#pragma once

#include <benchmark/benchmark.h>

#include "tests/costs/allocations.hpp"

namespace entente::bench {

template <class Operation>
void run_counted(benchmark::State& state, Operation operation) {
  const test::Allocations before = test::allocations_of_thread();
  for (auto turn : state) {
    static_cast<void>(turn);
    auto result = operation();
    benchmark::DoNotOptimize(result);
  }
  const test::Allocations made = test::allocations_of_thread() - before;
  const auto a_turn = [](std::uint64_t number) {
    return benchmark::Counter(static_cast<double>(number), benchmark::Counter::kAvgIterations);
  };
  state.counters["allocations"] = a_turn(made.count);
  state.counters["allocated_bytes"] = a_turn(made.bytes);
}

}  // namespace entente::bench
