#include "common/spiffe/trust_domain.hpp"

#include <algorithm>

#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

constexpr std::size_t max_name_size = 255;  // SPIFFE-ID 2.3
constexpr std::string_view id_prefix = "spiffe://";

// SPIFFE-ID 2.1. By value and not by locale: no folding of any kind happens here (U+212A never becomes 'k').
bool allowed(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; }

std::string hint_for(char c) {
  if (c >= 'A' && c <= 'Z') return ": write it in lower case";
  if (c == '@') return ": user information is not allowed";
  if (c == ':' || c == '[') return ": a port or an IPv6 address is not allowed";
  if (c == '%') return ": percent-encoding is not allowed";
  return ": only a-z, 0-9, '.', '-' and '_' are allowed";
}

}  // namespace

Result<TrustDomain> TrustDomain::parse(std::string_view name) {
  if (name.empty()) return Error(Errc::invalid_argument, "trust domain: it is empty");
  if (name.size() > max_name_size)
    return Error(Errc::invalid_argument, "trust domain: longer than 255 bytes (" + std::to_string(name.size()) + ")");
  const auto bad = std::find_if_not(name.begin(), name.end(), allowed);
  if (bad != name.end())
    return Error(Errc::invalid_argument, "trust domain " + in_quotes(name) + ": " + name_of_byte(*bad) + " at " +
                                             std::to_string(bad - name.begin()) + hint_for(*bad));
  return TrustDomain(std::string(name));
}

Result<TrustDomain> TrustDomain::parse_name_or_id(std::string_view text) {
  if (text.starts_with(id_prefix)) text.remove_prefix(id_prefix.size());
  return parse(text);
}

}  // namespace entente::spiffe
