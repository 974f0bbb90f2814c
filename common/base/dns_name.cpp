#include "common/base/dns_name.hpp"

#include <algorithm>

namespace entente {
namespace {

constexpr std::size_t longest_name = 253, longest_label = 63;

bool good_label(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

bool all_digits(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_dns_name(std::string_view text) {
  if (text.size() > longest_name) return false;
  std::string_view rest = text;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!good_label(label)) return false;
    // No top-level domain is a number: what ends in one is an address, well-formed or not.
    if (dot == std::string_view::npos) return !all_digits(label);
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace entente
