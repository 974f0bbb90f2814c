// Where a redirect leads. Federation 5.1.2, 5.2.3; FC-10.
#pragma once

#include <vector>

#include "syncer/fetch/http_exchange.hpp"

namespace entente::syncer {

inline constexpr std::size_t most_redirects = 5;

bool is_redirect(unsigned status);

// `visited`: every URL asked so far, the one that answered last. The next must be a valid endpoint URL itself, and a
// new one. Errc::redirect.
Result<trust::EndpointUrl> next_hop(const std::vector<trust::EndpointUrl>& visited, const HttpAnswer& answer);

}  // namespace entente::syncer
