#include "server/plain_request.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <utility>

#include "server/field_value.hpp"

namespace entente::server {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view method = "GET ";
constexpr std::string_view version = " HTTP/1.1";

constexpr bool is_visible(char c) { return c > ' ' && c <= '~'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_text(char c) { return is_visible(c) || is_blank(c); }

constexpr std::array<bool, 128> token_characters = [] {
  std::array<bool, 128> all{};
  for (char c = '!'; c <= '~'; ++c)
    all[static_cast<unsigned char>(c)] = std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  return all;
}();
constexpr bool is_token(char c) { return c >= 0 && token_characters[static_cast<unsigned char>(c)]; }

enum class Meaning { none, host, if_none_match, beasts };

// What announces a body or changes the connection is Beast's to judge.
constexpr std::array<std::pair<boost::beast::string_view, Meaning>, 8> meanings{{
    {"Host", Meaning::host},
    {"If-None-Match", Meaning::if_none_match},
    {"Connection", Meaning::beasts},
    {"Content-Length", Meaning::beasts},
    {"Expect", Meaning::beasts},
    {"Proxy-Connection", Meaning::beasts},
    {"Transfer-Encoding", Meaning::beasts},
    {"Upgrade", Meaning::beasts},
}};

Meaning meaning_of(std::string_view field) {
  for (const auto& [name, meaning] : meanings)
    if (boost::beast::iequals(name, {field.data(), field.size()})) return meaning;
  return Meaning::none;
}

bool all_of(std::string_view text, bool (*fits)(char)) { return std::all_of(text.begin(), text.end(), fits); }

std::optional<std::string_view> target_in(std::string_view line) {
  if (!line.starts_with(method) || !line.ends_with(version)) return std::nullopt;
  if (line.size() <= method.size() + version.size()) return std::nullopt;
  const std::string_view target = line.substr(method.size(), line.size() - method.size() - version.size());
  if (!all_of(target, is_visible)) return std::nullopt;
  return target;
}

}  // namespace

std::optional<Request> read_plain_request(std::string_view header) {
  const auto take_line = [&header] {
    const std::size_t size = header.find(line_end);
    const std::string_view line = header.substr(0, size);
    header.remove_prefix(size == std::string_view::npos ? header.size() : size + line_end.size());
    return line;
  };

  const std::optional<std::string_view> target = target_in(take_line());
  if (!target) return std::nullopt;
  std::string_view if_none_match;
  int hosts = 0, conditions = 0;
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, colon), value = line.substr(colon + 1);
    if (!all_of(name, is_token) || !all_of(value, is_text)) return std::nullopt;
    switch (meaning_of(name)) {
      case Meaning::none:
        break;
      case Meaning::host:
        ++hosts;
        break;
      case Meaning::if_none_match:
        ++conditions;
        if_none_match = trimmed(value);
        break;
      case Meaning::beasts:
        return std::nullopt;
    }
  }
  if (hosts != 1 || conditions > 1) return std::nullopt;

  Request request;
  request.method = "GET";
  request.target = *target;
  request.persistent = true;
  request.if_none_match = if_none_match;
  return request;
}

}  // namespace entente::server
