// Whether a process is ready, and if not, why: named conditions that its parts set and clear.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace entente::telemetry {

// Thread-safe. Ready when no condition is unmet.
class Readiness {
 public:
  // Ends on destruction; after that no call to the listener is running or comes. Not to be destroyed by the listener.
  using Subscription = std::shared_ptr<void>;

  // "bundle endpoint": "no certificate yet: the workload API at ... has not answered"
  void unmet(std::string_view what, std::string reason);
  void met(std::string_view what);

  bool ready() const;
  std::vector<std::string> reasons() const;  // "what: reason", sorted

  // `listener` is called after each change, on the thread that made it; it must not block nor change anything here. It
  // is not called with what is now: read ready() after subscribing.
  [[nodiscard]] Subscription subscribe(std::function<void()> listener) const;

 private:
  struct Listener;
  void tell() const;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::string, std::less<>> unmet_;
  mutable std::vector<std::weak_ptr<Listener>> listeners_;
};

}  // namespace entente::telemetry
