#include "common/trust/relationship.hpp"

namespace entente::trust {

std::string_view profile_name(const EndpointProfile& profile) {
  return std::holds_alternative<HttpsWeb>(profile) ? "https_web" : "https_spiffe";
}

}  // namespace entente::trust
