#include "common/telemetry/readiness.hpp"

namespace entente::telemetry {

void Readiness::unmet(std::string_view what, std::string reason) {
  const std::lock_guard lock(mutex_);
  unmet_.insert_or_assign(std::string(what), std::move(reason));
}

void Readiness::met(std::string_view what) {
  const std::lock_guard lock(mutex_);
  if (const auto found = unmet_.find(what); found != unmet_.end()) unmet_.erase(found);
}

bool Readiness::ready() const {
  const std::lock_guard lock(mutex_);
  return unmet_.empty();
}

std::vector<std::string> Readiness::reasons() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  for (const auto& [what, reason] : unmet_) reasons.push_back(what + ": " + reason);
  return reasons;
}

}  // namespace entente::telemetry
