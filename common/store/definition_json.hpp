// What the stored definitions of relationships and entries share: JSON objects that name their version, read strictly.
// Internal to common/store.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace entente::store {

// An object of this version; another one was written by a newer program. Every member must be among `known`: what an
// unknown one says might narrow what the rest allows.
Result<nlohmann::json> open_definition(std::string_view text, int version, std::initializer_list<const char*> known);

// Runs `read`, which may use nlohmann's throwing accessors, and turns what they throw into an Error.
template <class Read>
auto read_definition(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const nlohmann::json::exception& wrong) {
    return Error(Errc::schema, wrong.what());
  }
}

// The texts of a list, each made a value by `parse`; `name` is for the error.
template <class T, class Parse>
Result<std::vector<T>> parse_each(const nlohmann::json& list, std::string_view name, Parse parse) {
  std::vector<T> values;
  for (const auto& text : list.get<std::vector<std::string>>()) {
    auto value = parse(text);
    if (!value) return value.error().within(name);
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace entente::store
