#include "common/config/yaml_source.hpp"

namespace entente::config {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

YamlSource::YamlSource(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  lines_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') lines_.push_back(i + 1);
}

std::optional<YamlSource::Problem> YamlSource::unreadable() const {
  if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
    return Problem{{1, 1}, "the file is UTF-16: save it as UTF-8"};
  Position at;
  for (const char c : text_) {
    if (is_control(c)) return Problem{at, "a control character: this is no text file"};
    ++at.column;
    if (c == '\n') at = {at.line + 1, 1};
  }
  return std::nullopt;
}

std::string_view YamlSource::from(Position at) const {
  const auto line = static_cast<std::size_t>(at.line - 1);
  if (at.line < 1 || line >= lines_.size()) return {};
  const std::size_t begin = lines_[line] + static_cast<std::size_t>(at.column - 1);
  return begin < text_.size() ? text_.substr(begin) : std::string_view();
}

bool YamlSource::quote_is_closed(Position at) const {
  const std::string_view rest = from(at);
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return true;
  const char quote = rest.front();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      if (quote == '"' || i + 1 == rest.size() || rest[i + 1] != quote) return true;
      ++i;  // '' is a quotation mark in the text
    }
  }
  return false;
}

bool YamlSource::has_tab_in_indentation(int line) const {
  const std::string_view text = from({line, 1});
  const std::size_t end = text.find_first_not_of(" \t");
  return text.substr(0, end).find('\t') != std::string_view::npos;
}

}  // namespace entente::config
