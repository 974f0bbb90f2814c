#include "common/base/plain_text.hpp"

namespace entente {

std::string plain_text(std::string_view text, std::size_t limit) {
  const bool cut = text.size() > limit;
  std::string plain(text.substr(0, limit));
  for (char& one : plain)
    if (one < ' ' || one > '~') one = '?';
  if (cut) plain.append("...");
  return plain;
}

}  // namespace entente
