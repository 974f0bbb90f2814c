// Where a redirect leads. Federation 5.1.2, 5.2.3; FC-10.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <vector>

#include "syncer/fetch/http_exchange.hpp"

namespace entente::syncer {

inline constexpr std::size_t most_redirects = 5;

bool is_redirect(unsigned status);

// `visited`: every URL asked so far, the one that answered last. The next must be a valid endpoint URL itself, and a
// new one. Errc::redirect.
Result<trust::EndpointUrl> next_hop(const std::vector<trust::EndpointUrl>& visited, const HttpAnswer& answer);

// Where the next connection may lead: what a public endpoint says must not open doors within our own network.
enum class Reach { anywhere, public_addresses };

// `from`: the address that redirects; null where a proxy keeps it to itself, which counts as public.
Reach reach_after(const std::optional<asio::ip::address>& from, bool allow_private_redirects);

// Those of a host's addresses that may be connected to, judged as they were resolved just now and will be used, so that
// a name that means something else by the next question (DNS rebinding) gains nothing. Errc::redirect where none is
// left.
Result<std::vector<asio::ip::address>> within_reach(const std::string& host, std::vector<asio::ip::address> addresses,
                                                    Reach reach);

}  // namespace entente::syncer
