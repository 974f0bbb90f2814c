#include "workload/api/listeners.hpp"

namespace entente::workload {

std::shared_ptr<void> Listeners::add(std::function<void()> listener) {
  auto added = std::make_shared<Listener>(std::move(listener));
  const std::lock_guard lock(mutex_);
  all_.push_back(added);
  Listener* const raw = added.get();
  return std::shared_ptr<void>(raw, [added](void*) {
    const std::lock_guard not_running(added->calling);
    added->call = nullptr;
  });
}

void Listeners::call() const {
  std::list<std::weak_ptr<Listener>> all;
  {
    const std::lock_guard lock(mutex_);
    all_.remove_if([](const std::weak_ptr<Listener>& each) { return each.expired(); });
    all = all_;
  }
  for (const std::weak_ptr<Listener>& each : all) {
    const std::shared_ptr<Listener> listener = each.lock();
    if (!listener) continue;
    const std::lock_guard running(listener->calling);
    if (listener->call) listener->call();
  }
}

}  // namespace entente::workload
