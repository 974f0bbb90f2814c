#include "cli/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>

#include "common/base/file.hpp"

namespace entente::cli {
namespace {

Result<std::string> read_descriptor(int fd, const std::string& name) {
  const Error too_large(Errc::too_large, name + ": more than " + std::to_string(most_input >> 20) + " MiB");
  struct stat info {};
  if (::fstat(fd, &info) != 0) return last_system_error(name);
  if (S_ISDIR(info.st_mode)) return Error(Errc::invalid_argument, name + ": a folder, where a file is wanted");
  std::string bytes;
  if (S_ISREG(info.st_mode)) {
    if (static_cast<std::size_t>(info.st_size) > most_input) return too_large;
    bytes.reserve(static_cast<std::size_t>(info.st_size));
  }
  char block[16384];
  for (;;) {
    const ssize_t count = ::read(fd, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_system_error("read " + name);
    if (count == 0) return bytes;
    bytes.append(block, static_cast<std::size_t>(count));
    if (bytes.size() > most_input) return too_large;
  }
}

bool is_date(std::string_view text) { return text.size() == 10 && text[4] == '-' && text[7] == '-'; }

}  // namespace

Result<std::string> read_whole(const std::string& path) {
  if (path == "-") return read_descriptor(STDIN_FILENO, "stdin");
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return last_system_error("open " + path);
  return read_descriptor(fd.get(), path);
}

void say_if_waiting(const std::string& path, const std::string& what) {
  if (path == "-" && ::isatty(STDIN_FILENO) == 1) std::cerr << "entente: reading " << what << " from stdin\n";
}

Result<TypedToken> read_token(const std::string& argument) {
  TypedToken token{argument, "token", false};
  if (argument == "-" || argument.starts_with('@')) {
    const std::string path = argument == "-" ? argument : argument.substr(1);
    say_if_waiting(path, "a token");
    Result<std::string> content = read_whole(path);
    if (!content) return content.error();
    token = {*std::move(content), name_of_input(path), false};
  }
  const auto trim = [&token] {
    constexpr std::string_view white = " \t\r\n";
    token.text.erase(0, std::min(token.text.find_first_not_of(white), token.text.size()));
    token.text.erase(token.text.find_last_not_of(white) + 1);
  };
  trim();
  if (constexpr std::string_view bearer = "Bearer "; token.text.starts_with(bearer)) {
    token.bearer = true;
    token.text.erase(0, bearer.size());
    trim();
  }
  return token;
}

std::string name_of_input(const std::string& path) { return path == "-" ? "stdin" : path; }

Result<Time> read_moment(const std::string& flag, std::string_view text, Time now) {
  const auto bad = [&flag, text] {
    return Error(
        Errc::invalid_argument,
        flag + ": must be like 2026-11-22T08:58:14Z, 2026-11-22, +24h or -30m, not \"" + std::string(text) + "\"");
  };
  if (text.starts_with('+') || text.starts_with('-')) {
    const Result<Duration> distance = parse_duration(text.substr(1));
    constexpr Duration most = std::chrono::hours(24 * 365 * 100);
    if (!distance || *distance > most) return bad();
    return text.front() == '+' ? now + *distance : now - *distance;
  }
  std::string moment(text);
  if (is_date(text)) moment.append("T00:00:00Z");
  const Result<Time> time = parse_time(moment);
  if (!time) return bad();
  return time;
}

}  // namespace entente::cli
