#include "common/trust/record.hpp"

namespace entente::trust {

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::own:
      return "own";
    case Origin::bootstrap:
      return "bootstrap";
    case Origin::fetched:
      return "fetched";
    case Origin::given:
      return "given";
    case Origin::imported:
      return "imported";
    case Origin::none:
      return "none";
  }
  return "unknown";
}

}  // namespace entente::trust
