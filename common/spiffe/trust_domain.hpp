// The name of a trust domain. SPIFFE-ID 2.1. A value: holding one proves that it is well-formed.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::spiffe {

class TrustDomain {
 public:
  // "prod.acme.com": [a-z0-9._-], 1 to 255 bytes; upper case is refused, not lowered (checklist ID-4).
  static Result<TrustDomain> parse(std::string_view name);
  // As parse(), or the trust domain's SPIFFE ID: "spiffe://prod.acme.com".
  static Result<TrustDomain> parse_name_or_id(std::string_view text);

  const std::string& name() const { return name_; }
  std::string id() const { return "spiffe://" + name_; }

  friend auto operator<=>(const TrustDomain&, const TrustDomain&) = default;

 private:
  explicit TrustDomain(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace entente::spiffe

template <>
struct std::hash<entente::spiffe::TrustDomain> {
  std::size_t operator()(const entente::spiffe::TrustDomain& domain) const noexcept {
    return std::hash<std::string>()(domain.name());
  }
};
