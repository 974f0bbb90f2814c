// How long to wait after failures in a row: decided purely.
#pragma once

#include <algorithm>

#include "common/base/time.hpp"

namespace entente {

// A value: `first`, then twice as long each time, up to `longest`. Only a success starts it over.
class Backoff {
 public:
  Backoff(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}

  // After one more failure. `random` in [0, 1): up to a tenth of the wait earlier, so that many who failed together do
  // not come back together.
  Duration next(double random = 0) {
    const Duration wait = next_;
    next_ = std::min(next_ * 2, longest_);
    return wait - std::chrono::duration_cast<Duration>(wait * (random / 10));
  }
  void reset() { next_ = first_; }

 private:
  Duration first_, longest_, next_;
};

}  // namespace entente
