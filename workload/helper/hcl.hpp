// HCL 1, as far as configurations of spiffe-helper go: keys with texts, numbers, booleans, lists and blocks.
#pragma once

#include <optional>
#include <string_view>

#include "common/config/yaml_tree.hpp"

namespace entente::helper {

// Whether the text is HCL rather than YAML or JSON: its first word, comments apart, is followed by `=` or `{`.
bool looks_like_hcl(std::string_view text);

// The document as a map. Keys are in lower case, since HCL compares them so; a block that stands several times is a
// list of them; an empty text is a value of nothing. Nothing where the text is no HCL: there is then exactly one new
// mistake.
std::optional<config::Value> parse_hcl(std::string_view text, config::Mistakes& mistakes);

}  // namespace entente::helper
