// A client as limits and records know it: an IPv4 address, or the /64 of IPv6 that a host has to itself.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <compare>
#include <cstdint>
#include <string>

namespace entente::server {

namespace asio = boost::asio;

// A value.
struct ClientAddress {
  bool v6 = false;
  std::uint64_t bits = 0;  // the address, or its /64

  // An IPv4 address is the same one whichever kind of socket took it.
  static ClientAddress of(const asio::ip::address& address);
  std::string str() const;  // "192.0.2.1", "2001:db8::/64"
  friend auto operator<=>(const ClientAddress&, const ClientAddress&) = default;
};

}  // namespace entente::server
