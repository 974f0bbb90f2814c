// Push targets on the screen and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/print.hpp"
#include "cli/views.hpp"

namespace entente::cli {

Json to_json(const PushTargetView& target);

// A line each, then what is the matter with single trust domains.
std::string push_targets_text(const std::vector<PushTargetView>& targets, Time now, const Paint& paint,
                              std::size_t width);

}  // namespace entente::cli
