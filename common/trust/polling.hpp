// How often a peer is polled: its hint between a floor and a ceiling. Federation 4.1, 5; FC-11, FC-12.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "common/base/time.hpp"

namespace entente::trust {

struct PollingPolicy {
  Duration floor = std::chrono::seconds(30);
  Duration ceiling = std::chrono::hours(24);
  Duration no_hint = std::chrono::minutes(5);
  double jitter = 0.1;                          // the interval is shortened by up to this share, at random
  Duration timeout = std::chrono::seconds(10);  // the whole exchange: resolve, connect, handshake, redirects, body
  std::size_t body_limit = 8U << 20;            // bytes
  friend bool operator==(const PollingPolicy&, const PollingPolicy&) = default;
};

// The peer's hint (or no_hint) clamped to [floor, ceiling].
Duration effective_interval(std::optional<std::chrono::seconds> hint, const PollingPolicy& policy);

// The wait after an attempt, failed or not. A peer never fetched yet is tried at the floor; after a failure the next
// regular interval is waited for, never less (FC-12). `random` is uniform in [0, 1): the jitter, which shortens the
// interval. The floor is hard: where shortening would pass it, the same share is spread out above it, so that peers
// that were started together drift apart at every interval, the floor included.
Duration next_wait(bool ever_fetched, std::optional<std::chrono::seconds> hint, const PollingPolicy& policy,
                   double random);

// The wait before the first poll of the peer at this place among those that begin together: some at once and then 500 a
// second, so that a start with thousands of peers is no burst of handshakes, and they are not due together ever after.
Duration first_wait(std::size_t place);

}  // namespace entente::trust
