#include "common/trust/registration_entry.hpp"

#include <algorithm>
#include <charconv>

namespace entente::trust {
namespace {

constexpr std::string_view unix_kinds = "uid, gid, user, group, supplementary_gid, path, sha256";

Error bad(std::string_view text, const std::string& problem) {
  return Error(Errc::invalid_argument, "selector \"" + std::string(text) + "\": " + problem);
}

// One spelling for each number, so that selectors compare as text.
bool canonical_id(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && (text == "0" || text.front() != '0');
}

bool lower_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status check_unix(std::string_view text, std::string_view kind, std::string_view value) {
  if (value.empty()) return bad(text, "must be unix:KIND:VALUE, where KIND is one of " + std::string(unix_kinds));
  if (kind == "uid" || kind == "gid" || kind == "supplementary_gid") {
    if (!canonical_id(value)) return bad(text, "the ID must be a decimal number below 2^32, without leading zeros");
    return ok();
  }
  if (kind == "path") {
    if (value.front() != '/') return bad(text, "the path must be absolute");
    return ok();
  }
  if (kind == "sha256") {
    if (!lower_sha256(value)) return bad(text, "the digest must be 64 hexadecimal digits in lower case");
    return ok();
  }
  if (kind == "user" || kind == "group") return ok();
  return bad(text, "unknown kind \"" + std::string(kind) + "\"; known are " + std::string(unix_kinds));
}

}  // namespace

Result<Selector> Selector::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size())
    return bad(text, "must be TYPE:VALUE, such as unix:uid:1000");
  Selector selector{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  if (selector.type.find_first_of(" \t\r\n") != std::string::npos) return bad(text, "the type must hold no blanks");
  if (selector.type == "unix") {
    const std::string_view rest = selector.value;
    const auto second = rest.find(':');
    const auto kind = rest.substr(0, second);
    const auto value = second == std::string_view::npos ? std::string_view() : rest.substr(second + 1);
    if (const Status good = check_unix(text, kind, value); !good) return good.error();
  }
  return selector;
}

bool matches(const RegistrationEntry& entry, const std::vector<Selector>& offered) {
  // An entry without selectors would be everybody's: it matches nobody.
  if (entry.selectors.empty()) return false;
  return std::all_of(entry.selectors.begin(), entry.selectors.end(), [&](const Selector& wanted) {
    return std::binary_search(offered.begin(), offered.end(), wanted);
  });
}

}  // namespace entente::trust
