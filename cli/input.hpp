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

// "2026-11-22T08:58:14Z", "2026-11-22" (its first moment), or a distance from now: "+24h", "-30m".
Result<Time> read_moment(const std::string& flag, std::string_view text, Time now);

}  // namespace entente::cli
