#include "server/client_address.hpp"

namespace entente::server {

ClientAddress ClientAddress::of(const asio::ip::address& address) {
  if (address.is_v4()) return {false, address.to_v4().to_uint()};
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return {false, asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_uint()};
  std::uint64_t prefix = 0;
  const auto bytes = v6.to_bytes();
  for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8 | bytes[i];
  return {true, prefix};
}

std::string ClientAddress::str() const {
  if (!v6) return asio::ip::address_v4(static_cast<std::uint32_t>(bits)).to_string();
  asio::ip::address_v6::bytes_type bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
  return asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace entente::server
