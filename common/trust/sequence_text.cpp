#include "common/trust/sequence_text.hpp"

namespace entente::trust {

std::string sequence_text(const std::optional<std::uint64_t>& sequence) {
  return sequence ? std::to_string(*sequence) : "none";
}

}  // namespace entente::trust
