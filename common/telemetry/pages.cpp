#include "common/telemetry/pages.hpp"

namespace entente::telemetry {

void Pages::add(std::string path, Page page) {
  const std::lock_guard lock(mutex_);
  pages_.insert_or_assign(std::move(path), std::move(page));
}

void Pages::remove(std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (const auto found = pages_.find(path); found != pages_.end()) pages_.erase(found);
}

std::optional<std::string> Pages::show(std::string_view path) const {
  Page page;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pages_.find(path);
    if (found == pages_.end()) return std::nullopt;
    page = found->second;
  }
  return page();
}

std::vector<std::string> Pages::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, page] : pages_) paths.push_back(path);
  return paths;
}

}  // namespace entente::telemetry
