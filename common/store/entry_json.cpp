#include "common/store/entry_json.hpp"

#include "common/store/definition_json.hpp"
#include "common/store/sqlite_columns.hpp"

namespace entente::store {
namespace {

using nlohmann::json;

constexpr int version = 1;

std::optional<Duration> read_ttl(const json& stored, const char* name) {
  if (!stored.contains(name)) return std::nullopt;
  return Duration(stored.at(name).get<std::int64_t>());
}

Result<std::optional<spiffe::SpiffeId>> read_parent(const json& stored) {
  std::optional<spiffe::SpiffeId> parent;
  if (!stored.contains("parent_id")) return parent;
  auto parsed = spiffe::SpiffeId::parse(stored.at("parent_id").get<std::string>());
  if (!parsed) return parsed.error().within("parent_id");
  parent = std::move(*parsed);
  return parent;
}

Result<std::optional<std::vector<spiffe::TrustDomain>>> read_federates_with(const json& stored) {
  std::optional<std::vector<spiffe::TrustDomain>> list;
  if (!stored.contains("federates_with")) return list;
  auto parsed =
      parse_each<spiffe::TrustDomain>(stored.at("federates_with"), "federates_with", spiffe::TrustDomain::parse);
  if (!parsed) return parsed.error();
  list = std::move(*parsed);
  return list;
}

Result<trust::RegistrationEntry> read(const std::string& id, const json& stored) {
  if (stored.at("id") != id) return Error(Errc::schema, "id is another than the one it is stored under");
  auto spiffe_id = spiffe::SpiffeId::parse(stored.at("spiffe_id").get<std::string>());
  if (!spiffe_id) return spiffe_id.error().within("spiffe_id");
  auto selectors = parse_each<trust::Selector>(stored.at("selectors"), "selectors", trust::Selector::parse);
  if (!selectors) return selectors.error();
  if (selectors->empty()) return Error(Errc::schema, "selectors is empty");
  auto federates_with = read_federates_with(stored);
  if (!federates_with) return federates_with.error();
  auto parent = read_parent(stored);
  if (!parent) return parent.error();
  trust::RegistrationEntry entry{id,
                                 std::move(*spiffe_id),
                                 std::move(*selectors),
                                 read_ttl(stored, "x509_svid_ttl_ns"),
                                 read_ttl(stored, "jwt_svid_ttl_ns"),
                                 stored.at("dns_names").get<std::vector<std::string>>(),
                                 std::move(*federates_with),
                                 stored.at("hint").get<std::string>()};
  entry.parent_id = std::move(*parent);
  entry.created_at = to_time(stored.at("created_at_ns").get<std::int64_t>());
  entry.revision = stored.at("revision").get<std::uint64_t>();
  return entry;
}

}  // namespace

std::string write_entry(const trust::RegistrationEntry& entry) {
  json written = {{"version", version}, {"id", entry.id}, {"spiffe_id", entry.spiffe_id.str()}};
  auto selectors = json::array();
  for (const auto& selector : entry.selectors) selectors.push_back(selector.str());
  written["selectors"] = std::move(selectors);
  if (entry.x509_svid_ttl) written["x509_svid_ttl_ns"] = entry.x509_svid_ttl->count();
  if (entry.jwt_svid_ttl) written["jwt_svid_ttl_ns"] = entry.jwt_svid_ttl->count();
  written["dns_names"] = entry.dns_names;
  if (entry.federates_with) {
    auto names = json::array();
    for (const auto& trust_domain : *entry.federates_with) names.push_back(trust_domain.name());
    written["federates_with"] = std::move(names);
  }
  written["hint"] = entry.hint;
  if (entry.parent_id) written["parent_id"] = entry.parent_id->str();
  written["created_at_ns"] = to_column(entry.created_at);
  written["revision"] = entry.revision;
  return written.dump();
}

Result<trust::RegistrationEntry> parse_entry(const std::string& id, std::string_view text) {
  const auto stored =
      open_definition(text, version,
                      {"id", "spiffe_id", "selectors", "x509_svid_ttl_ns", "jwt_svid_ttl_ns", "dns_names",
                       "federates_with", "hint", "parent_id", "created_at_ns", "revision"});
  if (!stored) return stored.error();
  return read_definition([&] { return read(id, *stored); });
}

}  // namespace entente::store
