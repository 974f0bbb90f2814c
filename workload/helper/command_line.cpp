#include "workload/helper/command_line.hpp"

#include <algorithm>

namespace entente::helper {
namespace {

// Line ends of Windows are line ends; empty lines before the record do not count.
std::string normalised(std::string_view text) {
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') lines += text[i];
  if (lines.ends_with('\r')) lines.pop_back();
  lines.erase(0, std::min(lines.find_first_not_of('\n'), lines.size()));
  return lines;
}

Result<std::string> take_quoted(std::string_view& rest) {
  std::string argument;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"') {
      argument += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
      argument += rest[i++];
    } else if (i + 1 == rest.size() || rest[i + 1] == ' ' || rest[i + 1] == '\n') {
      rest.remove_prefix(i + 1);
      return argument;
    } else {
      return Error(Errc::syntax,
                   "behind a closing quotation mark comes a space; a quotation mark in a quoted argument "
                   "is written twice");
    }
  }
  return Error(Errc::syntax, "a quotation mark is never closed");
}

Result<std::string> take_plain(std::string_view& rest) {
  const std::string argument(rest.substr(0, rest.find_first_of(" \n")));
  if (argument.find('"') != std::string::npos)
    return Error(Errc::syntax,
                 "a quotation mark inside an argument: put the whole argument in quotation marks, and "
                 "write this one twice");
  rest.remove_prefix(argument.size());
  return argument;
}

}  // namespace

Result<std::vector<std::string>> split_arguments(std::string_view text) {
  const std::string record = normalised(text);
  std::vector<std::string> arguments;
  if (record.empty()) return arguments;
  std::string_view rest = record;
  for (;;) {
    Result<std::string> argument = rest.starts_with('"') ? take_quoted(rest) : take_plain(rest);
    if (!argument) return argument.error();
    arguments.push_back(*std::move(argument));
    if (rest.empty() || rest.front() == '\n') return arguments;
    rest.remove_prefix(1);
  }
}

}  // namespace entente::helper
