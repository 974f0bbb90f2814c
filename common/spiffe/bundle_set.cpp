#include "common/spiffe/bundle_set.hpp"

#include <nlohmann/json.hpp>

#include "common/spiffe/bundle_reader.hpp"
#include "common/spiffe/json.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

Status add(ParsedBundleSet& set, const std::string& name, const nlohmann::json& value) {
  const std::string where = "trust_domains." + in_quotes(name);
  const Result<TrustDomain> domain = TrustDomain::parse(name);
  if (!domain) return Error(Errc::schema, domain.error().message()).within("trust_domains");
  Result<ParsedBundle> parsed = read_bundle(*domain, value, KeySetKind::spiffe_bundle);
  if (!parsed) return parsed.error().within(where);
  for (const std::string& ignored : parsed->ignored) set.ignored.push_back(where + ": " + ignored);
  parsed->bundle.refresh_hint.reset();  // Trust Domain and Bundle 5.1.1: not to be acted on
  set.bundles.emplace(*domain, std::make_shared<const Bundle>(std::move(parsed->bundle)));
  return ok();
}

}  // namespace

Result<ParsedBundleSet> parse_bundle_set(std::string_view json) {
  const Result<nlohmann::json> document = parse_strict_json(json);
  if (!document) return document.error();
  if (!document->is_object()) return Error(Errc::schema, "a bundle map must be a JSON object");
  const auto domains = document->find("trust_domains");
  if (domains == document->end()) return Error(Errc::schema, "trust_domains: missing");
  if (!domains->is_object()) return Error(Errc::schema, "trust_domains: must be an object");

  ParsedBundleSet set;
  for (const auto& [name, value] : domains->items())
    if (const Status s = add(set, name, value); !s) return s.error();
  return set;
}

std::string write_bundle_set(const BundleSet& bundles) {
  std::string json = R"({"trust_domains":{)";
  const std::size_t empty = json.size();
  for (const auto& [domain, bundle] : bundles) {
    if (json.size() != empty) json += ',';
    Bundle without_hint = *bundle;
    without_hint.refresh_hint.reset();
    json += '"' + domain.name() + "\":" + write_bundle(without_hint);
  }
  return json + "}}";
}

}  // namespace entente::spiffe
