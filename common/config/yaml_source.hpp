// The text that YAML is read from, and the questions about it that yaml-cpp does not answer. Internal to config.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/mistakes.hpp"

namespace entente::config {

class YamlSource {
 public:
  // A UTF-8 byte order mark is passed over. The text must outlive the object.
  explicit YamlSource(std::string_view text);

  std::string_view text() const { return text_; }

  struct Problem {
    Position at;
    std::string message;
  };
  // What is no text at all: UTF-16, NUL and other control characters.
  std::optional<Problem> unreadable() const;
  // Whether the quoted text that begins there ends somewhere; true where none begins.
  bool quote_is_closed(Position at) const;
  bool has_tab_in_indentation(int line) const;

 private:
  std::string_view from(Position at) const;  // to the end of the text

  std::string_view text_;
  std::vector<std::size_t> lines_;  // where each begins
};

}  // namespace entente::config
