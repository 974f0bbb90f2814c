#include "common/base/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>

namespace entente {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads exactly `count` digits at `at`; nullopt where there are not as many.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::int64_t unix_seconds(Time time) { return floor<seconds>(time.time_since_epoch()).count(); }

Time from_unix_seconds(std::int64_t value) {
  constexpr std::int64_t furthest = 9'000'000'000;
  return Time(seconds(std::clamp(value, -furthest, furthest)));
}

std::string format_time(Time time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<milliseconds>(time - day));
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string result = text;
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(fraction));
    result += text;
  }
  return result + "Z";
}

Result<Time> parse_time(std::string_view text) {
  const Error bad(Errc::syntax, "not a UTC time like 2026-11-22T08:58:14Z: \"" + std::string(text) + "\"");
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return bad;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return bad;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return bad;
  std::string_view rest = text.substr(19);
  const std::chrono::sys_seconds whole =
      std::chrono::sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
  Time time = from_unix_seconds(whole.time_since_epoch().count());
  if (rest.starts_with('.')) {
    const auto fraction = digits(rest, 1, 3);
    if (!fraction) return bad;
    time += milliseconds(*fraction);
    rest.remove_prefix(4);
  }
  if (rest != "Z") return bad;
  return time;
}

Result<Duration> parse_duration(std::string_view text) {
  const Error bad(Errc::syntax, "not a duration like 500ms, 30s, 5m or 24h: \"" + std::string(text) + "\"");
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || text.starts_with('-')) return bad;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::int64_t scale = 0;
  if (unit == "ms") scale = 1'000'000;
  if (unit == "s") scale = 1'000'000'000;
  if (unit == "m") scale = 60'000'000'000;
  if (unit == "h") scale = 3'600'000'000'000;
  if (scale == 0 || count > std::numeric_limits<std::int64_t>::max() / scale) return bad;
  return Duration(count * scale);
}

std::string describe_duration(Duration duration) {
  if (duration < Duration::zero()) return "-" + describe_duration(-duration);
  if (duration < seconds(1)) return std::to_string(floor<milliseconds>(duration).count()) + " ms";
  if (duration < minutes(2)) return std::to_string(floor<seconds>(duration).count()) + " s";
  if (duration < hours(2)) return std::to_string(floor<minutes>(duration).count()) + " min";
  if (duration < days(2)) {
    const auto whole = floor<hours>(duration);
    const auto rest = floor<minutes>(duration - whole).count();
    return std::to_string(whole.count()) + " h" + (rest ? " " + std::to_string(rest) + " min" : "");
  }
  return std::to_string(floor<days>(duration).count()) + " d";
}

}  // namespace entente
