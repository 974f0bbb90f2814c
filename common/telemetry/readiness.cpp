#include "common/telemetry/readiness.hpp"

namespace entente::telemetry {

// Its own mutex lets a subscription end while others are told.
struct Readiness::Listener {
  std::mutex mutex;                // held while the function runs
  std::function<void()> function;  // null: ended
};

void Readiness::unmet(std::string_view what, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    unmet_.insert_or_assign(std::string(what), std::move(reason));
  }
  tell();
}

void Readiness::met(std::string_view what) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = unmet_.find(what);
    if (found == unmet_.end()) return;
    unmet_.erase(found);
  }
  tell();
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

Readiness::Subscription Readiness::subscribe(std::function<void()> function) const {
  const auto listener = std::make_shared<Listener>();
  listener->function = std::move(function);
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [](const std::weak_ptr<Listener>& one) { return one.expired(); });
  listeners_.push_back(listener);
  return Subscription(listener.get(), [listener](void*) {
    const std::lock_guard running(listener->mutex);
    listener->function = nullptr;
  });
}

void Readiness::tell() const {
  std::vector<std::weak_ptr<Listener>> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const std::weak_ptr<Listener>& one : listeners) {
    const std::shared_ptr<Listener> listener = one.lock();
    if (!listener) continue;
    const std::lock_guard running(listener->mutex);
    if (listener->function) listener->function();
  }
}

}  // namespace entente::telemetry
