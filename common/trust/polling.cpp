#include "common/trust/polling.hpp"

#include <algorithm>

namespace entente::trust {

Duration effective_interval(std::optional<std::chrono::seconds> hint, const PollingPolicy& policy) {
  Duration wanted = policy.no_hint;
  // A peer's hint may be any 64-bit number of seconds: compare before converting, which would overflow.
  if (hint)
    wanted = std::clamp(*hint, std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(policy.ceiling));
  return std::max(policy.floor, std::min(wanted, policy.ceiling));
}

Duration next_wait(bool ever_fetched, std::optional<std::chrono::seconds> hint, const PollingPolicy& policy,
                   double random) {
  const Duration interval = ever_fetched ? effective_interval(hint, policy) : policy.floor;
  const double width = static_cast<double>(interval.count()) * std::clamp(policy.jitter, 0.0, 1.0);
  const Duration spread(static_cast<Duration::rep>(width * std::clamp(random, 0.0, 1.0)));
  const Duration earliest = std::max(policy.floor, interval - Duration(static_cast<Duration::rep>(width)));
  return earliest + spread;
}

Duration first_wait(std::size_t place) {
  constexpr std::size_t at_once = 50;
  constexpr std::chrono::milliseconds apart(2);
  return place < at_once ? Duration::zero() : apart * static_cast<Duration::rep>(place - at_once + 1);
}

}  // namespace entente::trust
