#include "common/spiffe/jwk.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "common/base/encoding.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> curves = {"P-256", "P-384", "P-521"};
constexpr std::array<const char*, 2> rsa_members = {"n", "e"};
constexpr std::array<const char*, 3> ec_members = {"crv", "x", "y"};

const json* find(const json& object, const char* name) {
  const auto entry = object.find(name);
  return entry == object.end() ? nullptr : &*entry;
}

// The member where it is a string.
const std::string* find_text(const json& object, const char* name) {
  const json* member = find(object, name);
  return member == nullptr ? nullptr : member->get_ptr<const json::string_t*>();
}

bool is_rsa(const json& jwk) { return jwk.at("kty") == "RSA"; }

std::span<const char* const> members_of(const json& jwk) {
  if (is_rsa(jwk)) return rsa_members;
  return ec_members;
}

std::string unsupported_curve(const json& jwk) {
  const std::string* curve = find_text(jwk, "crv");
  if (curve == nullptr || std::find(curves.begin(), curves.end(), *curve) != curves.end()) return "";
  return "unsupported curve " + in_quotes(*curve);
}

Result<Bytes> read_bytes(const json& jwk, const char* name) {
  const std::string* text = find_text(jwk, name);
  if (text == nullptr) return Error(Errc::schema, std::string(name) + ": not a string");
  Result<Bytes> bytes = base64url_decode(*text);
  if (!bytes) return Error(Errc::schema, std::string(name) + ": " + bytes.error().message());
  return bytes;
}

Result<crypto::PublicParameters> read_rsa(const json& jwk) {
  Result<Bytes> n = read_bytes(jwk, "n"), e = read_bytes(jwk, "e");
  if (!n) return n.error();
  if (!e) return e.error();
  return crypto::PublicParameters(crypto::RsaParameters{*std::move(n), *std::move(e)});
}

Result<crypto::PublicParameters> read_ec(const json& jwk) {
  const std::string* curve = find_text(jwk, "crv");
  if (curve == nullptr) return Error(Errc::schema, "crv: not a string");
  Result<Bytes> x = read_bytes(jwk, "x"), y = read_bytes(jwk, "y");
  if (!x) return x.error();
  if (!y) return y.error();
  return crypto::PublicParameters(crypto::EcParameters{*curve, *std::move(x), *std::move(y)});
}

void append_text_member(std::string& out, std::string_view name, std::string_view plain) {
  out.append(",\"").append(name).append("\":\"").append(plain).append("\"");
}

}  // namespace

std::string reason_to_ignore(const json& jwk) {
  const json* kty = find(jwk, "kty");
  if (kty == nullptr) return "no kty";
  if (*kty == "RSA") return "";
  if (*kty == "EC") return unsupported_curve(jwk);
  return "unknown kty " + (kty->is_string() ? in_quotes(kty->get_ref<const std::string&>()) : kty->type_name());
}

std::string missing_key_member(const json& jwk) {
  for (const char* name : members_of(jwk))
    if (!jwk.contains(name)) return name;
  return "";
}

Result<crypto::PublicKey> read_jwk_key(const json& jwk) {
  const Result<crypto::PublicParameters> parameters = is_rsa(jwk) ? read_rsa(jwk) : read_ec(jwk);
  if (!parameters) return parameters.error();
  return crypto::PublicKey::from_parameters(*parameters);
}

std::string key_text(const json& jwk) {
  std::string text;
  for (const char* name : members_of(jwk)) text += jwk.at(name).get_ref<const std::string&>() + ' ';
  return text;
}

bool holds_private_key(const json& jwk) { return jwk.contains("d"); }

void append_key_type(std::string& out, const crypto::PublicParameters& key) {
  out += std::holds_alternative<crypto::RsaParameters>(key) ? R"("kty":"RSA")" : R"("kty":"EC")";
}

void append_key_members(std::string& out, const crypto::PublicParameters& key) {
  if (const auto* rsa = std::get_if<crypto::RsaParameters>(&key)) {
    append_text_member(out, "n", base64url_encode(rsa->n));
    append_text_member(out, "e", base64url_encode(rsa->e));
    return;
  }
  const auto& ec = std::get<crypto::EcParameters>(key);
  append_text_member(out, "crv", ec.crv);
  append_text_member(out, "x", base64url_encode(ec.x));
  append_text_member(out, "y", base64url_encode(ec.y));
}

}  // namespace entente::spiffe
