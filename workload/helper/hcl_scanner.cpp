#include "workload/helper/hcl_scanner.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace entente::helper {
namespace {

using Word = HclToken::Kind;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool belongs_to_word(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '+'; }

Error syntax(std::string message) { return Error(Errc::syntax, "not HCL: " + std::move(message)); }

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

// The lines without the indentation that all of them have.
std::string without_indentation(const std::vector<std::string_view>& lines, bool stripped) {
  std::size_t common = std::string_view::npos;
  for (const std::string_view line : lines) common = std::min(common, line.find_first_not_of(" \t"));
  std::string text;
  for (const std::string_view line : lines) {
    text += stripped && common != std::string_view::npos ? line.substr(std::min(common, line.size())) : line;
    text += '\n';
  }
  return text;
}

}  // namespace

HclScanner::HclScanner(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
}

char HclScanner::take() {
  const char c = rest_.front();
  rest_.remove_prefix(1);
  at_ = c == '\n' ? config::Position{at_.line + 1, 1} : config::Position{at_.line, at_.column + 1};
  return c;
}

void HclScanner::skip_line() {
  while (!at_end() && peek() != '\n') take();
}

Status HclScanner::skip_block_comment() {
  const config::Position begin = at_;
  while (!at_end() && !rest_.starts_with("*/")) take();
  if (at_end()) {
    at_ = begin;
    return syntax("this comment is never closed");
  }
  take();
  take();
  return ok();
}

Status HclScanner::skip_blanks() {
  while (!at_end()) {
    if (is_blank(peek())) {
      take();
    } else if (peek() == '#' || rest_.starts_with("//")) {
      skip_line();
    } else if (rest_.starts_with("/*")) {
      if (const Status skipped = skip_block_comment(); !skipped) return skipped;
    } else {
      break;
    }
  }
  return ok();
}

Result<HclToken> HclScanner::next() {
  if (const Status skipped = skip_blanks(); !skipped) return skipped.error();
  if (at_end()) return token(Word::end);
  const char c = peek();
  if (c == '"') return quoted();
  if (rest_.starts_with("<<")) return heredoc();
  if (is_digit(c) || (c == '-' && is_digit(peek(1)))) return word(Word::number);
  if (is_letter(c)) return word(Word::identifier);
  if (std::string_view("={}[],").find(c) == std::string_view::npos)
    return syntax("a key, a value or one of = { } [ ] , is expected here");
  HclToken sign = token(Word::sign);
  sign.text = take();
  return sign;
}

HclToken HclScanner::word(HclToken::Kind kind) {
  HclToken found = token(kind);
  while (!at_end() && belongs_to_word(peek())) found.text += take();
  return found;
}

Result<HclToken> HclScanner::quoted() {
  HclToken found = token(Word::text);
  take();
  for (;;) {
    if (at_end() || peek() == '\n') {
      at_ = found.at;
      return syntax("this quotation mark is never closed");
    }
    Status good = ok();
    if (peek() == '"') break;
    if (peek() == '\\') {
      good = escape(found.text);
    } else if (rest_.starts_with("${")) {
      good = interpolation(found.text);
    } else {
      found.text += take();
    }
    if (!good) return good.error();
  }
  take();
  return found;
}

Status HclScanner::escape(std::string& into) {
  constexpr std::string_view letters = "abfnrtv\\\"", meant = "\a\b\f\n\r\t\v\\\"";
  const config::Position begin = at_;
  take();
  const auto known = at_end() ? std::string_view::npos : letters.find(peek());
  if (known != std::string_view::npos) {
    into += meant[known];
    take();
    return ok();
  }
  const char kind = peek();
  const bool octal = kind >= '0' && kind <= '7';
  const std::size_t digits = octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  const std::string_view number = rest_.substr(octal ? 0 : 1, digits);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), code, octal ? 8 : 16);
  const bool good = digits > 0 && number.size() == digits && error == std::errc() && end == number.data() + digits &&
                    code <= (octal ? 0xffU : 0x10ffffU);
  if (!good) {
    at_ = begin;
    return syntax("this escape means nothing: a backslash is written \\\\");
  }
  for (std::size_t i = 0; i < digits + (octal ? 0 : 1); ++i) take();
  if (octal || kind == 'x') {
    into += static_cast<char>(code);
  } else {
    append_utf8(into, code);
  }
  return ok();
}

// HCL hands ${...} on as it stands, quotation marks in it included.
Status HclScanner::interpolation(std::string& into) {
  const config::Position begin = at_;
  int open = 0;
  do {
    if (at_end()) {
      at_ = begin;
      return syntax("this ${ is never closed");
    }
    if (peek() == '{') ++open;
    if (peek() == '}') --open;
    into += take();
  } while (open > 0 || into.ends_with('$'));
  return ok();
}

Result<HclToken> HclScanner::heredoc() {
  HclToken found = token(Word::text);
  const auto take_line = [this] {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    skip_line();
    if (!at_end()) take();
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  };
  std::string_view anchor = take_line().substr(2);
  const bool indented = anchor.starts_with('-');
  if (indented) anchor.remove_prefix(1);
  std::vector<std::string_view> lines;
  while (!anchor.empty() && !at_end()) {
    const std::string_view line = take_line();
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin != std::string_view::npos && line.substr(begin) == anchor) {
      found.text = without_indentation(lines, indented);
      return found;
    }
    lines.push_back(line);
  }
  at_ = found.at;
  return syntax("this text (<<NAME) is never closed by a line with its name");
}

}  // namespace entente::helper
