// Which clients of our own endpoint do not know a new authority yet, by what the server's telemetry says of them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/trust/history.hpp"

namespace entente::syncer {

// One client address as the server's /pollers page has it. ETags without quotes; "" where it is not known.
struct Poller {
  std::string address;
  Time last_asked;
  std::string sent, given;
  std::uint64_t repeats = 0;  // how often it has lately come without what it was given
};
struct Pollers {
  Time since;  // the server began to look
  std::uint64_t forgotten = 0;
  std::vector<Poller> clients;  // the latest to ask first
};

// Errc::syntax and Errc::schema for another program's page.
Result<Pollers> parse_pollers(std::string_view json);

struct LaggingPoller {
  std::string address;
  Time last_asked;
  std::optional<std::uint64_t> sequence;  // of the bundle that it has, where the history has that
  std::optional<Duration> behind;         // since that bundle went out of use
  std::string reason;
};

// Those that are not known to have a bundle with every authority of `ids` (fingerprints and key IDs). `history`: of our
// own trust domain, oldest first; a bundle that is not in it counts as one without them.
std::vector<LaggingPoller> lagging(const Pollers& pollers, const std::vector<trust::HistoryEntryPtr>& history,
                                   const std::vector<std::string>& ids, Time now);

}  // namespace entente::syncer
