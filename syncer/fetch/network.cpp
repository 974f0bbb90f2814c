#include "syncer/fetch/network.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <vector>

namespace entente::syncer {
namespace {

namespace ip = asio::ip;
using Octets = std::array<std::uint8_t, 16>;

Octets octets_of(const ip::address& address) {
  return address.is_v6() ? address.to_v6().to_bytes() : ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

ip::address ipv4_at(const Octets& octets, std::size_t at) {
  return ip::address_v4({octets[at], octets[at + 1], octets[at + 2], octets[at + 3]});
}

std::vector<Network> networks(std::initializer_list<const char*> texts) {
  std::vector<Network> all;
  for (const char* text : texts) {
    const Result<Network> network = Network::parse(text);
    if (!network) throw std::logic_error(network.error().message());
    all.push_back(*network);
  }
  return all;
}

bool among(const std::vector<Network>& all, const ip::address& address) {
  for (const Network& each : all)
    if (each.contains(address)) return true;
  return false;
}

}  // namespace

Network Network::of(const ip::address& address) {
  Network network;
  network.bytes_ = octets_of(address);
  return network;
}

Result<Network> Network::parse(std::string_view text) {
  const Error bad(Errc::invalid_argument, "\"" + std::string(text) + "\" is not a network such as 10.0.0.0/8");
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return bad;
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(text.substr(0, slash)), error);
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error || failure != std::errc() || end != digits.data() + digits.size()) return bad;
  if (length > (address.is_v4() ? 32U : 128U)) return bad;
  Network network = of(address);
  network.length_ = address.is_v4() ? 96 + length : length;
  return network;
}

bool Network::contains(const ip::address& address) const {
  const Octets octets = octets_of(address);
  const unsigned whole = length_ / 8, rest = length_ % 8;
  for (unsigned i = 0; i < whole; ++i)
    if (octets[i] != bytes_[i]) return false;
  return rest == 0 || ((octets[whole] ^ bytes_[whole]) >> (8 - rest)) == 0;
}

bool is_private(const ip::address& address) {
  static const std::vector<Network> direct =
      networks({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                "192.168.0.0/16", "::/128", "::1/128", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10"});
  static const std::vector<Network> holding_ipv4_last = networks({"::/96", "64:ff9b::/96"});
  static const std::vector<Network> holding_ipv4_third = networks({"2002::/16"});
  if (among(direct, address)) return true;
  if (address.is_v4()) return false;
  const Octets octets = octets_of(address);
  if (among(holding_ipv4_last, address)) return is_private(ipv4_at(octets, 12));
  if (among(holding_ipv4_third, address)) return is_private(ipv4_at(octets, 2));
  return false;
}

}  // namespace entente::syncer
