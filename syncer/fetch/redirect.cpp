#include "syncer/fetch/redirect.hpp"

#include <algorithm>

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

}  // namespace entente::syncer
