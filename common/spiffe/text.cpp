#include "common/spiffe/text.hpp"

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"

namespace entente::spiffe {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t limit = 48;
  const std::string shown(text.substr(0, limit));
  const bool ascii_only = true;
  // `replace`: a cut may fall inside a UTF-8 sequence, and a stranger's bytes may be anything.
  std::string result = nlohmann::json(shown).dump(-1, ' ', ascii_only, nlohmann::json::error_handler_t::replace);
  if (text.size() > limit) result += "...";
  return result;
}

std::string name_of_byte(char byte) {
  if (byte > ' ' && byte < 0x7f) return "character '" + std::string(1, byte) + "'";
  return "byte 0x" + hex_encode(as_bytes({&byte, 1}));
}

}  // namespace entente::spiffe
