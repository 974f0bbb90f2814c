// How long a watch waits before it connects again: decided purely.
#pragma once

#include <algorithm>

#include "common/base/time.hpp"

namespace entente::client {

// At once after the loss of a stream that had worked, then 1 s doubling to 30 s.
class Retry {
 public:
  static constexpr Duration first = std::chrono::seconds(1);
  static constexpr Duration longest = std::chrono::seconds(30);

  // After an attempt that delivered something or did not, and lasted so long. A stream that worked for less than a
  // second counts as a failure, so that a server that ends each at once is not hammered.
  Duration next(bool delivered, Duration lasted) {
    const bool worked = delivered && (lasted >= std::chrono::seconds(1) || !lost_once_);
    if (worked) {
      lost_once_ = true;
      next_ = first;
      return Duration::zero();
    }
    const Duration wait = next_;
    next_ = std::min<Duration>(next_ * 2, longest);
    return wait;
  }

 private:
  Duration next_ = first;
  bool lost_once_ = false;
};

}  // namespace entente::client
