// Networks of IP addresses in CIDR form (RFC 4632, RFC 4291 2.3), and which of them are nobody's on the internet.
// Values.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// IPv4 lies at ::ffff:0:0/96, so that an address and its IPv4-mapped form are the same.
class Network {
 public:
  // "10.0.0.0/8", "fc00::/7"; bits beyond the prefix are ignored.
  static Result<Network> parse(std::string_view text);
  // Just this one.
  static Network of(const asio::ip::address& address);

  bool contains(const asio::ip::address& address) const;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  unsigned length_ = 128;  // of the prefix, in bits of 128
};

// Whether packets to it stay within a host, a link or an organisation: unspecified ("this network"), loopback,
// link-local, RFC 1918, RFC 4193 (and the site-local addresses before it), RFC 6598; by whichever of IPv4's forms
// within IPv6 it is written: mapped, compatible, NAT64 (RFC 6052, RFC 8215), 6to4.
bool is_private(const asio::ip::address& address);

}  // namespace entente::syncer
