// Registration entries on the screen and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/print.hpp"
#include "cli/views.hpp"

namespace entente::cli {

Json to_json(const EntryView& entry);
std::string entry_text(const EntryView& entry, Time now);
// A line each.
std::string entries_text(const std::vector<EntryView>& entries);

}  // namespace entente::cli
