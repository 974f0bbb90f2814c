#include "common/spiffe/bundle_reader.hpp"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "common/base/encoding.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/jwk.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

// A hint beyond ten years is a mistake (milliseconds, a date), and following it would mean never to poll again.
constexpr std::uint64_t max_refresh_hint = 10ULL * 365 * 24 * 3600;

Error schema(std::string_view where, std::string_view what) {
  return Error(Errc::schema, std::string(where) + ": " + std::string(what));
}

// Trust Domain and Bundle 4.1.1-4.1.2. Absent is legal; null, a fraction, a string or a negative number is not.
Result<std::optional<std::uint64_t>> read_count(const json& document, const char* name, const char* range) {
  const auto member = document.find(name);
  if (member == document.end()) return std::optional<std::uint64_t>();
  if (!member->is_number_unsigned()) return schema(name, std::string("must be an integer from 0 to ") + range);
  return std::optional<std::uint64_t>(member->get<std::uint64_t>());
}

Status read_counts(const json& document, Bundle& bundle) {
  const auto sequence = read_count(document, "spiffe_sequence", "2^64-1");
  if (!sequence) return sequence.error();
  const auto hint = read_count(document, "spiffe_refresh_hint", "315360000 (seconds, ten years)");
  if (!hint) return hint.error();
  if (*hint && **hint > max_refresh_hint)
    return schema("spiffe_refresh_hint", std::to_string(**hint) + " seconds are more than ten years");
  bundle.sequence = *sequence;
  if (*hint) bundle.refresh_hint = std::chrono::seconds(**hint);
  return ok();
}

// Reads the elements of `keys`, each once.
//
// What is passed over: what Trust Domain and Bundle 4.1.3 and 4.2 name (unknown `kty`; missing or unknown `use`), and
// what RFC 7517 5, to which 4.1.3 refers, adds (required members missing, values out of the supported range). All else
// that is wrong with a key of a known kind refuses the whole document: a publisher that garbles one key has garbled its
// document, and refusing it keeps the trust held before, where dropping the key would silently revoke it.
class KeyReader {
 public:
  KeyReader(ParsedBundle& parsed, KeySetKind kind) : parsed_(parsed), kind_(kind) {}

  Status read(const json& jwk, std::size_t index) {
    where_ = "keys[" + std::to_string(index) + "]";
    if (!jwk.is_object()) return schema(where_, "must be an object");
    if (std::string reason = reason_to_ignore(jwk); !reason.empty()) return pass_over(reason);
    return read_for_use(jwk);
  }

  // WIT-SVID 6.1: no other JWK, for JWT-SVIDs or WIT-SVIDs, may have a WIT authority's `kid`.
  Status check_wit_key_ids() const {
    for (const std::string& key_id : wit_key_ids_)
      if (jwt_key_ids_.contains(key_id)) return duplicate_wit_key_id(key_id);
    return ok();
  }

 private:
  Status read_for_use(const json& jwk) {
    const auto use = jwk.find("use");
    if (use == jwk.end()) {
      if (kind_ == KeySetKind::jwt_key_set) return read_jwt(jwk);
      return pass_over("no use");
    }
    const bool everything = kind_ == KeySetKind::spiffe_bundle;
    if (*use == "jwt-svid") return read_jwt(jwk);
    if (*use == "x509-svid" && everything) return read_x509(jwk);
    if (*use == "wit-svid" && everything) return read_wit(jwk);
    const std::string shown = use->is_string() ? in_quotes(use->get_ref<const std::string&>()) : use->type_name();
    return pass_over((everything ? "unknown use " : "not a JWT authority: use ") + shown);
  }

  // X509-SVID 6.2: the certificate is all there is to read. The JWK's own key members are not compared with it.
  Status read_x509(const json& jwk) {
    const auto x5c = jwk.find("x5c");
    if (x5c == jwk.end()) return pass_over("no x5c");
    if (!x5c->is_array()) return schema(where_ + ".x5c", "must be an array");
    if (x5c->empty()) return pass_over("an empty x5c");
    const auto* text = x5c->front().get_ptr<const json::string_t*>();
    if (text == nullptr) return schema(where_ + ".x5c[0]", "must be a string");
    report_private_key(jwk);
    return add_certificate(*text);
  }

  Status add_certificate(const std::string& text) {
    const Result<Bytes> der = base64_decode(text);
    if (!der) return schema(where_ + ".x5c[0]", der.error().message());
    Result<crypto::Certificate> certificate = crypto::Certificate::from_der(*der);
    if (!certificate) return refuse_or_ignore(".x5c[0]", certificate.error());
    // Copies of a certificate share its bytes, so that the view stays good.
    if (certificates_.insert(as_text(certificate->der())).second)
      parsed_.bundle.x509_authorities.push_back(*std::move(certificate));
    return ok();
  }

  // JWT-SVID 6. Different keys of one ID stand side by side (RFC 7517 4.5 allows it); validation tries them all.
  Status read_jwt(const json& jwk) {
    Result<std::optional<JwtAuthority>> authority = read_authority(jwk);
    if (!authority) return authority.error();
    if (!authority->has_value()) return ok();
    JwtAuthority& found = **authority;
    jwt_key_ids_.insert(found.key_id);
    if (jwt_keys_.insert(key_text(jwk) + found.key_id).second)
      parsed_.bundle.jwt_authorities.push_back(std::move(found));
    return ok();
  }

  Status read_wit(const json& jwk) {
    Result<std::optional<JwtAuthority>> authority = read_authority(jwk);
    if (!authority) return authority.error();
    if (!authority->has_value()) return ok();
    JwtAuthority& found = **authority;
    if (!wit_key_ids_.insert(found.key_id).second) return duplicate_wit_key_id(found.key_id);
    parsed_.bundle.wit_authorities.push_back(std::move(found));
    return ok();
  }

  // Nothing where the entry is passed over.
  Result<std::optional<JwtAuthority>> read_authority(const json& jwk) {
    std::optional<JwtAuthority> nothing;
    const auto key_id = jwk.find("kid");
    if (key_id == jwk.end() || *key_id == "") {
      ignore("no kid");
      return nothing;
    }
    if (!key_id->is_string()) return schema(where_ + ".kid", "must be a string");
    if (const std::string missing = missing_key_member(jwk); !missing.empty()) {
      ignore("no " + missing);
      return nothing;
    }
    report_private_key(jwk);
    Result<crypto::PublicKey> key = read_jwk_key(jwk);
    if (!key) {
      if (const Status s = refuse_or_ignore("", key.error()); !s) return s.error();
      return nothing;
    }
    return std::optional(JwtAuthority{key_id->get<std::string>(), *std::move(key)});
  }

  void ignore(const std::string& reason) { parsed_.ignored.push_back(where_ + ": " + reason); }
  Status pass_over(const std::string& reason) {
    ignore(reason);
    return ok();
  }
  Status refuse_or_ignore(const char* member, const Error& error) {
    if (error.code() != Errc::unsupported) return schema(where_ + member, error.message());
    return pass_over(error.message());
  }
  void report_private_key(const json& jwk) {
    if (holds_private_key(jwk)) parsed_.ignored.push_back(where_ + ".d: a private key was published; replace this key");
  }
  static Error duplicate_wit_key_id(const std::string& key_id) {
    return schema("keys", "the kid " + in_quotes(key_id) + " of a wit-svid key occurs twice");
  }

  ParsedBundle& parsed_;
  KeySetKind kind_;
  std::string where_;
  std::unordered_set<std::string_view> certificates_;
  std::unordered_set<std::string> jwt_keys_, jwt_key_ids_, wit_key_ids_;
};

}  // namespace

Result<ParsedBundle> read_bundle(const TrustDomain& trust_domain, const json& document, KeySetKind kind) {
  if (!document.is_object()) return Error(Errc::schema, "a bundle must be a JSON object");
  ParsedBundle parsed{Bundle(trust_domain), {}};
  if (const Status s = read_counts(document, parsed.bundle); !s) return s.error();

  const auto keys = document.find("keys");
  if (keys == document.end()) return schema("keys", "missing: a bundle without keys is written \"keys\":[]");
  if (!keys->is_array()) return schema("keys", "must be an array");
  if (keys->size() > max_keys)
    return Error(Errc::too_large,
                 "keys: " + std::to_string(keys->size()) + " of them, over the limit of " + std::to_string(max_keys));
  KeyReader reader(parsed, kind);
  for (std::size_t i = 0; i < keys->size(); ++i)
    if (const Status s = reader.read((*keys)[i], i); !s) return s.error();
  if (const Status s = reader.check_wit_key_ids(); !s) return s.error();
  return parsed;
}

}  // namespace entente::spiffe
