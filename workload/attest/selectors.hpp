// What a caller proved to be.
#pragma once

#include <vector>

#include "common/trust/registration_entry.hpp"

namespace entente::workload {

using Selectors = std::vector<trust::Selector>;  // sorted, each once

}  // namespace entente::workload
