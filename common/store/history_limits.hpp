// The arithmetic of what a history keeps, safe at its ends. Internal to common/store.
#pragma once

#include <limits>

#include "common/base/time.hpp"
#include "common/trust/history.hpp"

namespace entente::store {

// How many entries may be there before the oldest go without waiting for the daily pruning.
inline std::size_t with_a_tenth(std::size_t most) {
  return most > std::numeric_limits<std::size_t>::max() / 2 ? most : most + most / 10;
}

// What is older goes.
inline Time oldest_kept(const trust::HistoryLimits& limits, Time now) {
  const Duration since_1970 = now.time_since_epoch();
  return limits.age >= since_1970 ? Time() : now - std::chrono::duration_cast<Time::duration>(limits.age);
}

}  // namespace entente::store
