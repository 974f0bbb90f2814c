// Byte strings and their texts: hex, base64 and base64url. Decoding is strict (RFC 4648 3.2-3.5): no stray
// characters, no stray bits, padding exactly where the alphabet's form demands it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace entente {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string hex_encode(ByteView bytes);                 // lower case
Result<Bytes> hex_decode(std::string_view text);        // either case
std::string base64_encode(ByteView bytes);              // padded
Result<Bytes> base64_decode(std::string_view text);     // padding required, no line breaks
std::string base64url_encode(ByteView bytes);           // unpadded, as in JWS
Result<Bytes> base64url_decode(std::string_view text);  // padding refused

}  // namespace entente
