#include "common/base/encoding.hpp"

#include <array>

namespace entente {
namespace {

constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using ReverseTable = std::array<std::int8_t, 256>;

constexpr ReverseTable reverse(std::string_view alphabet) {
  ReverseTable table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

constexpr ReverseTable standard_reverse = reverse(standard_alphabet);
constexpr ReverseTable url_reverse = reverse(url_alphabet);

std::string encode(ByteView bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t group = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    group = group << 8 | byte;
    for (bits += 8; bits >= 6;) text += alphabet[group >> (bits -= 6) & 63];
  }
  if (bits > 0) text += alphabet[group << (6 - bits) & 63];
  while (padded && text.size() % 4 != 0) text += '=';
  return text;
}

Result<Bytes> decode(std::string_view text, const ReverseTable& table) {
  if (text.size() % 4 == 1) return Error(Errc::syntax, "base64: a length that no byte string has");
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::int8_t value = table[static_cast<unsigned char>(c)];
    if (value < 0) return Error(Errc::syntax, "base64: a character outside the alphabet");
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<std::uint8_t>(group >> (bits -= 8)));
  }
  if ((group & ((1U << bits) - 1)) != 0) return Error(Errc::syntax, "base64: stray bits at the end");
  return bytes;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex_encode(ByteView bytes) {
  constexpr std::string_view alphabet = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += alphabet[byte >> 4];
    text += alphabet[byte & 15];
  }
  return text;
}

Result<Bytes> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return Error(Errc::syntax, "hex: an odd number of digits");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return Error(Errc::syntax, "hex: a character that is no digit");
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string base64_encode(ByteView bytes) { return encode(bytes, standard_alphabet, true); }
std::string base64url_encode(ByteView bytes) { return encode(bytes, url_alphabet, false); }

Result<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return Error(Errc::syntax, "base64: padding is missing");
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, standard_reverse);
}

Result<Bytes> base64url_decode(std::string_view text) { return decode(text, url_reverse); }

}  // namespace entente
