#include "syncer/fetch/redirect.hpp"

#include <algorithm>

#include "syncer/fetch/network.hpp"

namespace entente::syncer {

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<trust::EndpointUrl> next_hop(const std::vector<trust::EndpointUrl>& visited, const HttpAnswer& answer) {
  const trust::EndpointUrl& from = visited.back();
  const std::string where = "redirect by " + from.str() + " (" + std::to_string(answer.status) + ")";
  if (answer.location.empty()) return Error(Errc::redirect, where + ": without a location");
  Result<trust::EndpointUrl> next = from.resolve(answer.location);
  if (!next) return Error(Errc::redirect, where + ": " + next.error().message());
  if (std::find(visited.begin(), visited.end(), *next) != visited.end())
    return Error(Errc::redirect, where + ": a loop, back to " + next->str());
  if (visited.size() > most_redirects)
    return Error(Errc::redirect, where + ": more than " + std::to_string(most_redirects) + " in a row");
  return next;
}

Reach reach_after(const std::optional<asio::ip::address>& from, bool allow_private_redirects) {
  const bool from_private = from && is_private(*from);
  return allow_private_redirects || from_private ? Reach::anywhere : Reach::public_addresses;
}

Result<std::vector<asio::ip::address>> within_reach(const std::string& host, std::vector<asio::ip::address> addresses,
                                                    Reach reach) {
  if (reach == Reach::anywhere || addresses.empty()) return addresses;
  const std::string one = addresses.front().to_string();
  std::erase_if(addresses, is_private);
  if (!addresses.empty()) return addresses;
  return Error(Errc::redirect, (host == one ? host : host + " (" + one + ")") +
                                   " is a private address, and the endpoint that redirects is public; where that is "
                                   "meant, the relationship can have allow_private_redirects");
}

}  // namespace entente::syncer
