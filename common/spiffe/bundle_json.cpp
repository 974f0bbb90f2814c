#include "common/spiffe/bundle_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle_reader.hpp"
#include "common/spiffe/json.hpp"
#include "common/spiffe/jwk.hpp"

namespace entente::spiffe {
namespace {

Result<ParsedBundle> parse(const TrustDomain& trust_domain, std::string_view text, KeySetKind kind) {
  const Result<nlohmann::json> document = parse_strict_json(text);
  if (!document) return document.error();
  return read_bundle(trust_domain, *document, kind);
}

std::string json_string(const std::string& text) {
  // A key ID that came another way than JSON may be no UTF-8.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// X509-SVID 6.1: no kid, one certificate.
std::string x509_jwk(const crypto::Certificate& certificate) {
  const crypto::PublicParameters& key = certificate.key_parameters();
  std::string jwk = "{";
  append_key_type(jwk, key);
  jwk += R"(,"use":"x509-svid","x5c":[")" + base64_encode(certificate.der()) + "\"]";
  append_key_members(jwk, key);
  return jwk + "}";
}

// JWT-SVID 6.1, WIT-SVID 6.1; `use` is left out where it is empty.
std::string authority_jwk(const JwtAuthority& authority, std::string_view use) {
  const crypto::PublicParameters key = authority.key.parameters();
  std::string jwk = "{";
  append_key_type(jwk, key);
  if (!use.empty()) jwk.append(",\"use\":\"").append(use).append("\"");
  jwk += ",\"kid\":" + json_string(authority.key_id);
  append_key_members(jwk, key);
  return jwk + "}";
}

std::vector<crypto::Certificate> sorted(std::vector<crypto::Certificate> certificates) {
  const auto by_der = [](const auto& a, const auto& b) { return as_text(a.der()) < as_text(b.der()); };
  std::sort(certificates.begin(), certificates.end(), by_der);
  certificates.erase(std::unique(certificates.begin(), certificates.end()), certificates.end());
  return certificates;
}

// The JWKs, sorted by key ID and then by the rest of their text, each once.
std::vector<std::string> sorted_jwks(const std::vector<JwtAuthority>& authorities, std::string_view use) {
  std::vector<std::pair<std::string, std::string>> jwks;
  for (const JwtAuthority& authority : authorities) jwks.emplace_back(authority.key_id, authority_jwk(authority, use));
  std::sort(jwks.begin(), jwks.end());
  jwks.erase(std::unique(jwks.begin(), jwks.end()), jwks.end());
  std::vector<std::string> texts;
  for (auto& jwk : jwks) texts.push_back(std::move(jwk.second));
  return texts;
}

void append_keys(std::string& json, const std::vector<std::string>& jwks) {
  json += "\"keys\":[";
  for (const std::string& jwk : jwks) {
    if (json.back() != '[') json += ',';
    json += jwk;
  }
  json += ']';
}

}  // namespace

Result<ParsedBundle> parse_bundle(const TrustDomain& trust_domain, std::string_view json) {
  return parse(trust_domain, json, KeySetKind::spiffe_bundle);
}

Result<ParsedBundle> parse_jwt_key_set(const TrustDomain& trust_domain, std::string_view json) {
  return parse(trust_domain, json, KeySetKind::jwt_key_set);
}

std::string write_bundle(const Bundle& bundle) {
  std::vector<std::string> jwks;
  for (const auto& certificate : sorted(bundle.x509_authorities)) jwks.push_back(x509_jwk(certificate));
  for (auto& jwk : sorted_jwks(bundle.jwt_authorities, "jwt-svid")) jwks.push_back(std::move(jwk));
  for (auto& jwk : sorted_jwks(bundle.wit_authorities, "wit-svid")) jwks.push_back(std::move(jwk));

  std::string json = "{";
  if (bundle.sequence) json += "\"spiffe_sequence\":" + std::to_string(*bundle.sequence) + ",";
  if (bundle.refresh_hint) json += "\"spiffe_refresh_hint\":" + std::to_string(bundle.refresh_hint->count()) + ",";
  append_keys(json, jwks);
  return json + "}";
}

std::string entity_tag(std::string_view document) { return hex_encode(crypto::sha256(as_bytes(document))); }

std::string write_jwt_key_set(const Bundle& bundle) {
  std::string json = "{";
  append_keys(json, sorted_jwks(bundle.jwt_authorities, ""));
  return json + "}";
}

Result<ParsedBundle> parse_pem_bundle(const TrustDomain& trust_domain, std::string_view pem) {
  Result<std::vector<crypto::Certificate>> certificates = crypto::certificates_from_pem(pem);
  if (!certificates) return certificates.error();
  ParsedBundle parsed{Bundle(trust_domain), {}};
  for (auto& certificate : *certificates) {
    auto& known = parsed.bundle.x509_authorities;
    if (std::find(known.begin(), known.end(), certificate) == known.end()) known.push_back(std::move(certificate));
  }
  return parsed;
}

Result<ParsedBundle> parse_bundle_file(const TrustDomain& trust_domain, std::string_view content) {
  // A JSON text may hold the PEM mark in a string, and PEM may have text before its first block: the brace decides.
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  const bool json = first != content.npos && content[first] == '{';
  if (!json && content.find("-----BEGIN") != content.npos) return parse_pem_bundle(trust_domain, content);
  return parse_bundle(trust_domain, content);
}

std::string write_pem_bundle(const Bundle& bundle) { return crypto::to_pem(bundle.x509_authorities); }

}  // namespace entente::spiffe
