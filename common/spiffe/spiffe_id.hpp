// A SPIFFE ID: spiffe://<trust domain>[/<path>]. SPIFFE-ID 2. A value: holding one proves that it is well-formed.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/spiffe/trust_domain.hpp"

namespace entente::spiffe {

class SpiffeId {
 public:
  static constexpr std::size_t max_size = 2048;  // ID-10

  // The error says which rule is broken and where. Trust domain and scheme in lower case only.
  static Result<SpiffeId> parse(std::string_view text);
  // The ID of the trust domain itself, without a path.
  static SpiffeId of(const TrustDomain& trust_domain);

  const TrustDomain& trust_domain() const { return trust_domain_; }
  std::string_view path() const { return std::string_view(text_).substr(path_at_); }  // "" or "/a/b"
  bool has_path() const { return path_at_ < text_.size(); }
  const std::string& str() const { return text_; }
  bool member_of(const TrustDomain& trust_domain) const { return trust_domain_ == trust_domain; }

  friend bool operator==(const SpiffeId& a, const SpiffeId& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const SpiffeId& a, const SpiffeId& b) { return a.text_ <=> b.text_; }

 private:
  SpiffeId(std::string text, TrustDomain trust_domain, std::size_t path_at)
      : text_(std::move(text)), trust_domain_(std::move(trust_domain)), path_at_(path_at) {}

  std::string text_;
  TrustDomain trust_domain_;
  std::size_t path_at_;
};

}  // namespace entente::spiffe
