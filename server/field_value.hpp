// The value of a header field. RFC 9110 5.5.
#pragma once

#include <string_view>

namespace entente::server {

// Without the optional whitespace around it (5.6.3).
inline std::string_view trimmed(std::string_view value) {
  const std::size_t first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(" \t") - first + 1);
}

}  // namespace entente::server
