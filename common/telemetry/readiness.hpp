// Whether a process is ready, and if not, why: named conditions that its parts set and clear.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace entente::telemetry {

// Thread-safe. Ready when no condition is unmet.
class Readiness {
 public:
  // "bundle endpoint": "no certificate yet: the workload API at ... has not answered"
  void unmet(std::string_view what, std::string reason);
  void met(std::string_view what);

  bool ready() const;
  std::vector<std::string> reasons() const;  // "what: reason", sorted

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> unmet_;
};

}  // namespace entente::telemetry
