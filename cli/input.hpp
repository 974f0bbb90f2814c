// What commands read besides their flags: files, stdin and points in time.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace entente::cli {

inline constexpr std::size_t most_input = 16U << 20;

// The whole of a file, a pipe (`<(...)`) or, for "-", stdin; Errc::too_large past most_input. Errors name the path.
Result<std::string> read_whole(const std::string& path);

// "stdin" for "-".
std::string name_of_input(const std::string& path);

// Says on a terminal that `what` is awaited from stdin, where the path is "-".
void say_if_waiting(const std::string& path, const std::string& what);

// A token as typed: itself, "-" for stdin, or "@FILE"; without white space around it and without "Bearer ".
struct TypedToken {
  std::string text, source;
  bool bearer = false;
};
Result<TypedToken> read_token(const std::string& argument);

// "2026-11-22T08:58:14Z", "2026-11-22" (its first moment), or a distance from now: "+24h", "-30m".
Result<Time> read_moment(const std::string& flag, std::string_view text, Time now);

}  // namespace entente::cli
