#include "common/config/values.hpp"

#include <arpa/inet.h>
#include <grp.h>
#include <pwd.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/base/dns_name.hpp"

namespace entente::config {
namespace {

using std::chrono::seconds;

constexpr std::size_t name_service_room = 1U << 18;  // a group may have many members

// Reads all of `text` as a number, whatever from_chars takes for one of that kind.
template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string spell_size(std::size_t bytes) {
  if (bytes >= (1U << 20) && bytes % (1U << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  if (bytes >= (1U << 10) && bytes % (1U << 10) == 0) return std::to_string(bytes >> 10) + "KiB";
  return std::to_string(bytes);
}

std::string spell_fraction(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return std::string(text, error == std::errc() ? end : text);
}

std::optional<std::size_t> read_size(std::string_view text) {
  std::size_t shift = 0;
  for (const auto& [suffix, bits] : {std::pair<std::string_view, std::size_t>{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}) {
    if (!text.ends_with(suffix)) continue;
    shift = bits;
    text.remove_suffix(suffix.size());
  }
  const auto count = number<std::size_t>(text);
  if (!count || *count > (std::size_t(-1) >> shift)) return std::nullopt;
  return *count << shift;
}

bool is_address(const std::string& text, int family) {
  in6_addr space;
  return ::inet_pton(family, text.c_str(), &space) == 1;
}

}  // namespace

Error unexpected(std::string_view expected, std::string_view text) {
  return Error(Errc::invalid_argument, "expected " + std::string(expected) + ", found " + in_quotes(text));
}

Result<bool> parse_bool(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return unexpected("true or false", text);
}

Parser<std::size_t> integer_between(std::size_t least, std::size_t most) {
  return [=](const std::string& text) -> Result<std::size_t> {
    const auto value = number<std::size_t>(text);
    if (value && *value >= least && *value <= most) return *value;
    return unexpected("a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
  };
}

Parser<Duration> duration_between(Duration least, Duration most) {
  return [=](const std::string& text) -> Result<Duration> {
    const Result<Duration> value = parse_duration(text);
    if (!value) return unexpected("a duration such as 500ms, 30s, 5m or 24h", text);
    if (*value >= least && *value <= most) return *value;
    return unexpected("a duration from " + spell(least) + " to " + spell(most), text);
  };
}

Parser<seconds> whole_seconds_between(seconds least, seconds most) {
  return [parse = duration_between(least, most)](const std::string& text) -> Result<seconds> {
    const Result<Duration> value = parse(text);
    if (!value) return value.error();
    if (*value % seconds(1) != Duration::zero()) return unexpected("whole seconds", text);
    return std::chrono::duration_cast<seconds>(*value);
  };
}

Parser<std::size_t> size_between(std::size_t least, std::size_t most) {
  return [=](const std::string& text) -> Result<std::size_t> {
    const auto value = read_size(text);
    if (!value) return unexpected("a size in bytes such as 4096, 64KiB or 8MiB", text);
    if (*value >= least && *value <= most) return *value;
    return unexpected("a size from " + spell_size(least) + " to " + spell_size(most), text);
  };
}

Parser<double> fraction_between(double least, double most) {
  return [=](const std::string& text) -> Result<double> {
    const auto value = number<double>(text);
    if (value && std::isfinite(*value) && *value >= least && *value <= most) return *value;
    return unexpected("a number from " + spell_fraction(least) + " to " + spell_fraction(most), text);
  };
}

Parser<std::filesystem::path> path_in(std::filesystem::path folder) {
  return [folder = std::move(folder)](const std::string& text) -> Result<std::filesystem::path> {
    return (folder / text).lexically_normal();
  };
}

Result<std::string> parse_listen(const std::string& text) {
  const Error bad = unexpected("an IP address and a port such as 0.0.0.0:8443 or [::]:8443", text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad;
  const std::string host = text.substr(0, colon);
  const auto port = number<std::uint16_t>(std::string_view(text).substr(colon + 1));
  if (!port) return bad;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed ? is_address(host.substr(1, host.size() - 2), AF_INET6) : is_address(host, AF_INET)) return text;
  return bad;
}

Result<std::filesystem::path> parse_socket(const std::string& text) {
  constexpr std::string_view scheme = "unix://";
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (!text.starts_with(std::string(scheme) + "/") || text.ends_with('/'))
    return unexpected("a socket such as unix:///run/entente/workload.sock", text);
  const std::filesystem::path path = std::filesystem::path(text.substr(scheme.size())).lexically_normal();
  if (path.native().size() > longest)
    return Error(Errc::invalid_argument, "the socket's path has " + std::to_string(path.native().size()) +
                                             " bytes; the system takes at most " + std::to_string(longest));
  return path;
}

Result<std::string> parse_url_path(const std::string& text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (text.starts_with('/') && printable && text.find_first_of("?#\"<>\\^`{|}") == std::string::npos) return text;
  return unexpected("a path such as / or /bundle.json, without a query", text);
}

Result<std::string> parse_dns_name(const std::string& text) {
  if (is_dns_name(text)) return text;
  return unexpected("a DNS name such as web.a.example", text);
}

// The _r forms: SIGHUP reads the file while other threads ask for users too.
Result<std::string> existing_user(const std::string& text) {
  std::vector<char> room(name_service_room);
  passwd entry;
  passwd* found = nullptr;
  if (::getpwnam_r(text.c_str(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr) return text;
  return Error(Errc::not_found, "this system has no user " + in_quotes(text));
}

Result<std::string> existing_group(const std::string& text) {
  std::vector<char> room(name_service_room);
  group entry;
  group* found = nullptr;
  if (::getgrnam_r(text.c_str(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr) return text;
  return Error(Errc::not_found, "this system has no group " + in_quotes(text));
}

Result<spiffe::TrustDomain> parse_trust_domain(const std::string& text) {
  return spiffe::TrustDomain::parse_name_or_id(text);
}

Result<spiffe::SpiffeId> parse_workload_id(const std::string& text) {
  Result<spiffe::SpiffeId> id = spiffe::SpiffeId::parse(text);
  if (id && !id->has_path())
    return Error(Errc::invalid_argument, in_quotes(text) + " has no path: only a trust domain itself is called so");
  return id;
}

std::string spell(Duration duration) {
  const auto in = [&](Duration unit) { return duration >= unit && duration % unit == Duration::zero(); };
  if (in(std::chrono::hours(1))) return std::to_string(duration / std::chrono::hours(1)) + "h";
  if (in(std::chrono::minutes(1))) return std::to_string(duration / std::chrono::minutes(1)) + "m";
  if (in(seconds(1))) return std::to_string(duration / seconds(1)) + "s";
  return std::to_string(duration / std::chrono::milliseconds(1)) + "ms";
}

}  // namespace entente::config
