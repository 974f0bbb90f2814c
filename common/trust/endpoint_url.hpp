// The URL of a bundle endpoint: https, a host, no userinfo. Federation 5.1; FC-3. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::trust {

class EndpointUrl {
 public:
  // RFC 3986 text; the scheme must be https, userinfo and fragment must be absent; a query is kept.
  static Result<EndpointUrl> parse(std::string_view text);
  // A redirect's Location, absolute or relative to this URL; it must be a valid endpoint URL itself (FC-10).
  Result<EndpointUrl> resolve(std::string_view location) const;

  const std::string& str() const { return text_; }
  const std::string& host() const { return host_; }  // lower case; an IPv6 address without its brackets
  bool host_is_address() const { return host_is_address_; }
  std::uint16_t port() const { return port_; }           // 443 when not given
  const std::string& target() const { return target_; }  // path and query as the request line carries them, never empty
  std::string authority() const;                         // for the Host header: brackets and a port other than 443

  friend bool operator==(const EndpointUrl& a, const EndpointUrl& b) { return a.text_ == b.text_; }

 private:
  EndpointUrl() = default;
  std::string text_, host_, target_;
  std::uint16_t port_ = 443;
  bool host_is_address_ = false;
};

}  // namespace entente::trust
