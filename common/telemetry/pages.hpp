// JSON pages that parts of a process show on its telemetry listener, and nowhere else: "/pollers".
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::telemetry {

// Thread-safe. A page is made on the asker's thread at each request, while nothing is locked here; it owns what it
// refers to, or is removed before that goes.
class Pages {
 public:
  using Page = std::function<std::string()>;  // one JSON document

  void add(std::string path, Page page);  // "/pollers"; in place of an earlier one
  void remove(std::string_view path);

  std::optional<std::string> show(std::string_view path) const;  // null: there is no such page
  std::vector<std::string> paths() const;                        // sorted

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Page, std::less<>> pages_;
};

}  // namespace entente::telemetry
