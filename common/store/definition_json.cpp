#include "common/store/definition_json.hpp"

#include <algorithm>

#include "common/spiffe/json.hpp"

namespace entente::store {

Result<nlohmann::json> open_definition(std::string_view text, int version, std::initializer_list<const char*> known) {
  Result<nlohmann::json> parsed = spiffe::parse_strict_json(text);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return Error(Errc::schema, "not a JSON object");
  const auto stored = parsed->find("version");
  if (stored == parsed->end() || !stored->is_number_integer()) return Error(Errc::schema, "version is missing");
  if (*stored != version)
    return Error(Errc::schema, "version " + stored->dump() + " is not known, only " + std::to_string(version) +
                                   "; run the version of entente that wrote it, or a newer one");
  for (const auto& member : parsed->items()) {
    const bool expected = member.key() == "version" || std::any_of(known.begin(), known.end(), [&](const char* name) {
                            return member.key() == name;
                          });
    if (!expected) return Error(Errc::schema, "unknown member \"" + member.key() + "\"");
  }
  return parsed;
}

}  // namespace entente::store
