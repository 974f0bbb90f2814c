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
  }
  return "unknown";
}

}  // namespace entente::trust
