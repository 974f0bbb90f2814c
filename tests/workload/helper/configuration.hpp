// Reading a helper's configuration in tests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "workload/helper/helper_config.hpp"

namespace entente::helper::test {

inline const std::filesystem::path config_file = "/etc/helper/helper.yaml";

// The configuration; a failure that shows the mistakes where there are any.
inline HelperConfig config_of(const std::string& text) {
  Outcome outcome = parse(text, config_file);
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&outcome)) {
    ADD_FAILURE() << config::describe("", *mistakes);
    return {};
  }
  return std::get<HelperConfig>(std::move(outcome));
}

// "LINE:COLUMN: message" a line; "" where there is no mistake.
inline std::string mistakes_in(const std::string& text) {
  const Outcome outcome = parse(text, config_file);
  const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&outcome);
  return mistakes == nullptr ? "" : config::describe("", *mistakes);
}

}  // namespace entente::helper::test
