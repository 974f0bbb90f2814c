// A YAML document as a plain tree that knows where everything stands. Internal to config.
// The subset is what a configuration needs: maps, lists and texts. Aliases, tags and further documents are mistakes,
// and so are keys that stand twice, all of which yaml-cpp would let pass.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/mistakes.hpp"

namespace entente::config {

enum class Kind {
  nothing,  // `key:`, `key: ~`, `key: null`
  text,     // numbers and booleans too: who asks for one converts it
  list,
  map,
  broken,  // a mistake was reported: nothing more is said about it
};

struct Member;
struct Value {
  Kind kind = Kind::nothing;
  Position at;    // for nothing: of its key
  Position head;  // of its key, or where it begins: where what is missing in it is reported
  std::string text;
  std::vector<Value> items;
  std::vector<Member> members;
};
struct Member {
  std::string key;
  Position at;
  Value value;
};

// Nothing where the text is no YAML at all: then there is exactly one new mistake. An empty text is a value of nothing.
std::optional<Value> parse_yaml(std::string_view text, Mistakes& mistakes);

}  // namespace entente::config
