// A sequence in words, alike in logs, errors and summaries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace entente::trust {

std::string sequence_text(const std::optional<std::uint64_t>& sequence);  // "7", "none"

}  // namespace entente::trust
