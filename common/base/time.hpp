// Points and lengths of time, and their texts. Wall-clock times are UTC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente {

using Time = std::chrono::system_clock::time_point;
using Duration = std::chrono::nanoseconds;

// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
std::int64_t unix_seconds(Time time);
// Beyond +-9,000,000,000 s (the years 1684 to 2255) it is that bound: Time counts nanoseconds and ends soon after, and
// the "never" of a certificate, the year 9999, must not wrap round into the past.
Time from_unix_seconds(std::int64_t seconds);

// RFC 3339 in UTC: "2026-11-22T08:58:14Z"; a fraction only where there is one, to the millisecond.
std::string format_time(Time time);
Result<Time> parse_time(std::string_view text);

// `500ms`, `30s`, `5m`, `24h` (deploy/example.yaml): one non-negative integer and one unit.
Result<Duration> parse_duration(std::string_view text);

// For people: "45 s", "5 min", "3 h 20 min", "12 d".
std::string describe_duration(Duration duration);

}  // namespace entente
