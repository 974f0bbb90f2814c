// When a JWT-SVID is fetched again: decided purely.
#pragma once

#include <algorithm>

#include "common/base/time.hpp"

namespace entente::helper {

// At half of what is left of its life; after a failure 1 s doubling to 30 s, for as long as it takes: the token at
// hand stays in use.
class JwtRenewal {
 public:
  static constexpr Duration first = std::chrono::seconds(1);
  static constexpr Duration longest = std::chrono::seconds(30);

  Duration after_success(Time now, Time expires_at) {
    pause_ = first;
    return std::max<Duration>((expires_at - now) / 2, first);
  }
  Duration after_failure() {
    const Duration wait = pause_;
    pause_ = std::min<Duration>(pause_ * 2, longest);
    return wait;
  }

 private:
  Duration pause_ = first;
};

}  // namespace entente::helper
