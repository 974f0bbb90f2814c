#include <array>
#include <map>

#include "common/config/sections.hpp"

namespace entente::config {
namespace {

const Value* member(const Value& map, std::string_view key) {
  for (const Member& member : map.members)
    if (member.key == key) return &member.value;
  return nullptr;
}

}  // namespace

void check_listeners_differ(const Value& root, Mistakes& mistakes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> listeners{{{"bundle_endpoint", "listen"},
                                                                                    {"server", "telemetry"},
                                                                                    {"telemetry", "listen"},
                                                                                    {"workload_api", "listen"},
                                                                                    {"admin", "listen"}}};
  std::map<std::string, std::string> taken;  // address to name
  for (const auto& [section, key] : listeners) {
    const Value* const outer = member(root, section);
    const Value* const value = outer == nullptr ? nullptr : member(*outer, key);
    if (value == nullptr || value->kind != Kind::text || value->text.ends_with(":0")) continue;
    const std::string name = std::string(section) + "." + std::string(key);
    const auto [first, is_new] = taken.emplace(value->text, name);
    if (!is_new) mistakes.add(value->at, name + ": the same address as " + first->second);
  }
}

}  // namespace entente::config
