// Strict reading of JSON from strangers: UTF-8 only, no BOM, one document, no duplicate names at any level, integers
// kept exact (TB-10, TB-14). nlohmann's SAX does the reading.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::spiffe {

// Errc::syntax with the place: "duplicate name \"keys\" at byte 17". `max_depth` bounds nesting. An integer literal
// above 2^64-1 or below -2^63 comes out as a float value, which integer readers refuse.
Result<nlohmann::json> parse_strict_json(std::string_view text, int max_depth = 32);

}  // namespace entente::spiffe
