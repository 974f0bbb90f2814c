#include "common/config/mistakes.hpp"

#include <algorithm>
#include <utility>

namespace entente::config {

std::string to_string(Position at) { return "line " + std::to_string(at.line); }

std::vector<Mistake> Mistakes::sorted() const {
  std::vector<Mistake> sorted = list_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return sorted;
}

std::string describe(const std::filesystem::path& file, const std::vector<Mistake>& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes)
    text += file.string() + ":" + std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ": " +
            mistake.message + "\n";
  return text;
}

}  // namespace entente::config
