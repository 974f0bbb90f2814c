#include "cli/version.hpp"

namespace entente::cli {

std::string version() { return ENTENTE_VERSION; }

}  // namespace entente::cli
