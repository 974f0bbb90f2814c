#include "common/spiffe/bundle_set.hpp"

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/crypto/content_kind.hpp"
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

Result<ParsedBundleSet> read_set(const nlohmann::json& document) {
  if (!document.is_object()) return Error(Errc::schema, "a bundle map must be a JSON object");
  const auto domains = document.find("trust_domains");
  if (domains == document.end()) return Error(Errc::schema, "trust_domains: missing");
  if (!domains->is_object()) return Error(Errc::schema, "trust_domains: must be an object");

  ParsedBundleSet set;
  for (const auto& [name, value] : domains->items())
    if (const Status s = add(set, name, value); !s) return s.error();
  return set;
}

BundleDocument document_of(ParsedBundle parsed) {
  BundleDocument document{.bundles = {}, .ignored = std::move(parsed.ignored)};
  const TrustDomain domain = parsed.bundle.trust_domain;
  document.bundles.emplace(domain, std::make_shared<const Bundle>(std::move(parsed.bundle)));
  return document;
}

Result<BundleDocument> read_json_document(const TrustDomain& assumed, std::string_view text) {
  const Result<nlohmann::json> json = parse_strict_json(text);
  if (!json) return json.error();
  if (json->is_object() && json->contains("trust_domains")) {
    Result<ParsedBundleSet> set = read_set(*json);
    if (!set) return set.error();
    return BundleDocument{.bundles = std::move(set->bundles), .ignored = std::move(set->ignored), .map = true};
  }
  Result<ParsedBundle> parsed = read_bundle(assumed, *json, KeySetKind::spiffe_bundle);
  if (!parsed) return parsed.error();
  if (!parsed->bundle.empty() || parsed->ignored.empty()) return document_of(*std::move(parsed));
  Result<ParsedBundle> key_set = read_bundle(assumed, *json, KeySetKind::jwt_key_set);
  if (!key_set || key_set->bundle.empty()) return document_of(*std::move(parsed));
  BundleDocument document = document_of(*std::move(key_set));
  document.without_use = true;
  return document;
}

Result<BundleDocument> read_der_document(const TrustDomain& assumed, std::string_view der) {
  Result<std::vector<crypto::Certificate>> certificates = crypto::certificates_from_der(as_bytes(der));
  if (!certificates) return certificates.error();
  ParsedBundle parsed{Bundle(assumed), {}};
  parsed.bundle.x509_authorities = *std::move(certificates);
  return document_of(std::move(parsed));
}

Error no_bundle(crypto::ContentKind kind) {
  if (kind == crypto::ContentKind::jwt)
    return Error(Errc::syntax,
                 "no bundle, but a JWS: where `entente bundle export` wrote it, `entente bundle import` reads it");
  return Error(Errc::syntax, "no bundle in SPIFFE format, bundle map or PEM: " + std::string(crypto::name_of(kind)));
}

}  // namespace

Result<ParsedBundleSet> parse_bundle_set(std::string_view json) {
  const Result<nlohmann::json> document = parse_strict_json(json);
  if (!document) return document.error();
  return read_set(*document);
}

Result<BundleDocument> parse_bundle_document(const TrustDomain& assumed, std::string_view content) {
  const crypto::ContentKind kind = crypto::kind_of_content(content);
  if (kind == crypto::ContentKind::json) return read_json_document(assumed, content);
  if (kind == crypto::ContentKind::certificate_der) return read_der_document(assumed, content);
  if (kind != crypto::ContentKind::pem) return no_bundle(kind);
  Result<ParsedBundle> parsed = parse_pem_bundle(assumed, content);
  if (!parsed) return parsed.error();
  return document_of(*std::move(parsed));
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
