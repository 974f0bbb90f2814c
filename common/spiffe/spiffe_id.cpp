#include "common/spiffe/spiffe_id.hpp"

#include <algorithm>

#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

constexpr std::string_view prefix = "spiffe://";

Error bad_id(std::string_view text, const std::string& why) {
  return Error(Errc::invalid_argument, "SPIFFE ID " + in_quotes(text) + ": " + why);
}

bool allowed_in_segment(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::string why_not_allowed(char c) {
  if (c == '?') return "a query is not allowed";
  if (c == '#') return "a fragment is not allowed";
  if (c == '%') return "percent-encoding is not allowed";
  return "a path segment holds only letters, digits, '.', '-' and '_', not " + name_of_byte(c);
}

// SPIFFE-ID 2.2. What is wrong with one segment, or "".
std::string problem_of_segment(std::string_view segment) {
  if (segment.empty()) return "an empty path segment or a trailing '/' is not allowed";
  if (segment == "." || segment == "..") return "the path segments '.' and '..' are not allowed";
  const auto bad = std::find_if_not(segment.begin(), segment.end(), allowed_in_segment);
  return bad == segment.end() ? "" : why_not_allowed(*bad);
}

// `path` is empty or begins with '/'.
std::string problem_of_path(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (std::string problem = problem_of_segment(segment); !problem.empty()) return problem;
    path.remove_prefix(segment.size());
  }
  return "";
}

}  // namespace

Result<SpiffeId> SpiffeId::parse(std::string_view text) {
  if (text.empty()) return Error(Errc::invalid_argument, "SPIFFE ID: it is empty");
  if (text.size() > max_size) return bad_id(text, "longer than 2048 bytes (" + std::to_string(text.size()) + ")");
  if (!text.starts_with(prefix)) return bad_id(text, "it must begin with spiffe:// in lower case");

  const std::string_view rest = text.substr(prefix.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  Result<TrustDomain> domain = TrustDomain::parse(authority);
  if (!domain) return bad_id(text, domain.error().message());

  const std::string_view path = rest.substr(authority.size());
  if (!path.empty() && path.front() != '/') return bad_id(text, why_not_allowed(path.front()));
  if (const std::string problem = problem_of_path(path); !problem.empty()) return bad_id(text, problem);
  return SpiffeId(std::string(text), *std::move(domain), prefix.size() + authority.size());
}

SpiffeId SpiffeId::of(const TrustDomain& trust_domain) {
  std::string text = trust_domain.id();
  const std::size_t end = text.size();
  return SpiffeId(std::move(text), trust_domain, end);
}

}  // namespace entente::spiffe
