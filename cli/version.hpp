// What this program is called in answers and headers.
#pragma once

#include <string>

namespace entente::cli {

std::string version();  // "0.1.0"

}  // namespace entente::cli
