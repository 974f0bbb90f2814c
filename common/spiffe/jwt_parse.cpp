#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/spiffe/json.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

constexpr std::size_t max_token_size = 64U << 10;
constexpr std::int64_t last_second = 253'402'300'799;       // 9999-12-31T23:59:59Z, what RFC 3339 can write
constexpr std::int64_t last_representable = 9'223'372'036;  // 2262: where Time, nanoseconds in 64 bits, ends

Error schema(std::string_view what) { return Error(Errc::schema, "JWT-SVID: " + std::string(what)); }
Error syntax(std::string_view what) { return Error(Errc::syntax, "JWT-SVID: " + std::string(what)); }

struct Parts {
  std::string_view header, payload, signature;
  std::string_view signed_part;
};

// JWT-SVID 5.1: the compact serialization and nothing else.
Result<Parts> split(std::string_view token) {
  if (token.size() > max_token_size) return Error(Errc::too_large, "JWT-SVID: longer than 64 KiB");
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos)
    return syntax("not a token of three parts (JWS compact serialization)");
  const Parts parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                    token.substr(0, second)};
  if (parts.header.empty() || parts.payload.empty() || parts.signature.empty()) return syntax("an empty part");
  return parts;
}

Result<Bytes> decode(std::string_view part, std::string_view name) {
  Result<Bytes> bytes = base64url_decode(part);
  if (!bytes) return syntax(std::string(name) + ": " + bytes.error().message());
  return bytes;
}

Result<json> read_object(std::string_view text, std::string_view name) {
  Result<json> object = parse_strict_json(text);
  if (!object) return syntax(std::string(name) + ": " + object.error().message());
  if (!object->is_object()) return schema(std::string(name) + ": not a JSON object");
  return object;
}

// JWT-SVID 2.1.
Result<crypto::SignatureAlgorithm> read_algorithm(const json& header) {
  const auto alg = header.find("alg");
  if (alg == header.end() || !alg->is_string()) return schema("alg: missing or not a string");
  const auto algorithm = crypto::parse_signature_algorithm(alg->get_ref<const std::string&>());
  if (!algorithm) return schema("alg: " + in_quotes(alg->get_ref<const std::string&>()) + " is not supported");
  return *algorithm;
}

// JWT-SVID 2.2, 2.3; RFC 7515 4.1.11. Other members must not be there, but a validator has no order to refuse them.
Status check_header(const json& header) {
  if (header.contains("crit")) return schema("crit: no extension is supported");
  if (const auto typ = header.find("typ"); typ != header.end() && *typ != "JWT" && *typ != "JOSE")
    return schema("typ: must be JWT or JOSE");
  if (const auto kid = header.find("kid"); kid != header.end() && (!kid->is_string() || *kid == ""))
    return schema("kid: must be a string that is not empty");
  return ok();
}

// RFC 7519 2, NumericDate: an integer or a fraction of seconds. Beyond what Time can say (year 2262) it is that end.
Result<Time> read_date(const json& value, const char* name) {
  const Error out_of_range = schema(std::string(name) + ": not a time between 1970 and 9999, in seconds");
  if (!value.is_number()) return schema(std::string(name) + ": not a number");
  if (value.is_number_float()) {
    const double seconds = value.get<double>();
    if (!(seconds >= 0 && seconds <= static_cast<double>(last_second))) return out_of_range;
    const double whole = std::floor(seconds);
    const auto fraction = std::chrono::nanoseconds(static_cast<std::int64_t>((seconds - whole) * 1e9));
    const auto count = static_cast<std::int64_t>(whole);
    if (count >= last_representable) return from_unix_seconds(last_representable);
    return from_unix_seconds(count) + fraction;
  }
  const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(last_second);
  if (!fits) return out_of_range;
  return from_unix_seconds(std::min(value.get<std::int64_t>(), last_representable));
}

Result<std::optional<Time>> read_optional_date(const json& claims, const char* name) {
  const auto value = claims.find(name);
  if (value == claims.end()) return std::optional<Time>();
  const Result<Time> date = read_date(*value, name);
  if (!date) return date.error();
  return std::optional(*date);
}

// JWT-SVID 3.2: one or more values.
Result<std::vector<std::string>> read_audience(const json& claims) {
  const auto aud = claims.find("aud");
  if (aud == claims.end()) return schema("aud: missing");
  const json values = aud->is_string() ? json::array({*aud}) : *aud;
  if (!values.is_array() || values.empty())
    return schema("aud: must be a string or an array of strings that is not empty");
  std::vector<std::string> audience;
  for (const json& value : values) {
    if (!value.is_string() || value == "") return schema("aud: must hold strings that are not empty");
    audience.push_back(value.get<std::string>());
  }
  return audience;
}

// JWT-SVID 3.1. The standard asks for a SPIFFE ID, and unlike X509-SVID 3.1 for no path in it.
Result<SpiffeId> read_subject(const json& claims) {
  const auto sub = claims.find("sub");
  if (sub == claims.end() || !sub->is_string()) return schema("sub: missing or not a string");
  Result<SpiffeId> id = SpiffeId::parse(sub->get_ref<const std::string&>());
  if (!id) return schema("sub: " + id.error().message());
  return id;
}

}  // namespace

Result<UnverifiedJwt> parse_jwt_svid(std::string_view token) {
  const Result<Parts> parts = split(token);
  if (!parts) return parts.error();

  // JWT-SVID 4: the algorithm before anything else is processed.
  const Result<Bytes> header_text = decode(parts->header, "header");
  if (!header_text) return header_text.error();
  const Result<json> header = read_object(as_text(*header_text), "header");
  if (!header) return header.error();
  const Result<crypto::SignatureAlgorithm> algorithm = read_algorithm(*header);
  if (!algorithm) return algorithm.error();
  if (const Status s = check_header(*header); !s) return s.error();

  Result<Bytes> signature = decode(parts->signature, "signature");
  if (!signature) return signature.error();
  const Result<Bytes> payload = decode(parts->payload, "payload");
  if (!payload) return payload.error();
  const Result<json> claims = read_object(as_text(*payload), "payload");
  if (!claims) return claims.error();

  Result<SpiffeId> subject = read_subject(*claims);
  if (!subject) return subject.error();
  Result<std::vector<std::string>> audience = read_audience(*claims);
  if (!audience) return audience.error();
  const auto expires_at = read_optional_date(*claims, "exp");
  if (!expires_at) return expires_at.error();
  if (!expires_at->has_value()) return schema("exp: missing");
  const auto not_before = read_optional_date(*claims, "nbf");
  if (!not_before) return not_before.error();
  const auto issued_at = read_optional_date(*claims, "iat");
  if (!issued_at) return issued_at.error();

  return UnverifiedJwt{.algorithm = *algorithm,
                       .key_id = header->value("kid", std::string()),
                       .subject = *std::move(subject),
                       .audience = *std::move(audience),
                       .expires_at = **expires_at,
                       .not_before = *not_before,
                       .issued_at = *issued_at,
                       .claims_json = std::string(as_text(*payload)),
                       .signed_part = parts->signed_part,
                       .signature = *std::move(signature)};
}

}  // namespace entente::spiffe
