// Writing and reading the file; what it proves is in signed_bundle.cpp.
#include <array>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/spiffe/bundle_reader.hpp"
#include "common/spiffe/json.hpp"
#include "common/spiffe/signed_bundle.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

constexpr std::string_view type_name = "spiffe-bundle+jws";
constexpr std::size_t most_certificates = 8;
constexpr std::uint64_t last_second = 9'000'000'000;  // what Time can say

Error schema(const std::string& what) { return Error(Errc::schema, "signed bundle: " + what); }
Error syntax(const std::string& what) { return Error(Errc::syntax, "signed bundle: " + what); }

std::string header_of(crypto::SignatureAlgorithm algorithm, const std::vector<crypto::Certificate>& chain) {
  nlohmann::ordered_json header = {{"alg", crypto::to_string(algorithm)}, {"typ", type_name}};
  for (const crypto::Certificate& certificate : chain) header["x5c"].push_back(base64_encode(certificate.der()));
  return header.dump();
}

// The bundle stands in it byte for byte as it is published.
std::string payload_of(const Bundle& bundle, Time issued_at) {
  std::string payload = "{\"trust_domain\":\"" + bundle.trust_domain.name() +
                        "\",\"issued_at\":" + std::to_string(unix_seconds(issued_at));
  if (bundle.sequence) payload += ",\"sequence\":" + std::to_string(*bundle.sequence);
  return payload + ",\"bundle\":" + write_bundle(bundle) + "}";
}

struct Parts {
  std::string_view header, payload, signature, signed_part;
};

Result<Parts> split(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == text.npos ? first : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos)
    return syntax("not a file of three parts joined by dots, as `bundle export` writes it");
  return Parts{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1),
               text.substr(0, second)};
}

Result<json> read_object(std::string_view part, const std::string& name) {
  const Result<Bytes> bytes = base64url_decode(part);
  if (!bytes) return syntax(name + ": " + bytes.error().message());
  Result<json> object = parse_strict_json(as_text(*bytes));
  if (!object) return syntax(name + ": " + object.error().message());
  if (!object->is_object()) return schema(name + ": not a JSON object");
  return object;
}

template <std::size_t N>
Status only(const json& object, const std::array<std::string_view, N>& names) {
  for (const auto& [name, value] : object.items())
    if (std::find(names.begin(), names.end(), name) == names.end()) return schema("unknown member " + in_quotes(name));
  return ok();
}

const std::string* text_at(const json& object, const char* name) {
  const auto value = object.find(name);
  return value != object.end() && value->is_string() ? &value->get_ref<const std::string&>() : nullptr;
}

Result<crypto::SignatureAlgorithm> read_algorithm(const json& header) {
  const std::string* name = text_at(header, "alg");
  if (!name) return schema("alg: missing or not a string");
  const auto algorithm = crypto::parse_signature_algorithm(*name);
  if (!algorithm) return schema("alg: " + in_quotes(*name) + " is not supported");
  return *algorithm;
}

// RFC 7515 4.1.6: base64, not base64url.
Result<std::vector<crypto::Certificate>> read_chain(const json& header) {
  const auto value = header.find("x5c");
  if (value == header.end() || !value->is_array() || value->empty())
    return schema("x5c: missing, or not an array of certificates");
  if (value->size() > most_certificates)
    return schema("x5c: over " + std::to_string(most_certificates) + " certificates");
  std::vector<crypto::Certificate> chain;
  for (const json& entry : *value) {
    const std::string where = "x5c[" + std::to_string(chain.size()) + "]: ";
    if (!entry.is_string()) return schema(where + "not a string");
    const Result<Bytes> der = base64_decode(entry.get_ref<const std::string&>());
    if (!der) return schema(where + der.error().message());
    Result<crypto::Certificate> certificate = crypto::Certificate::from_der(*der);
    if (!certificate) return schema(where + certificate.error().message());
    chain.push_back(*std::move(certificate));
  }
  return chain;
}

Result<std::uint64_t> read_integer(const json& value, const std::string& name) {
  if (!value.is_number_unsigned()) return schema(name + ": not an integer from 0 to 2^64-1");
  return value.get<std::uint64_t>();
}

Result<Time> read_issue_time(const json& payload) {
  const auto value = payload.find("issued_at");
  if (value == payload.end()) return schema("issued_at: missing");
  const Result<std::uint64_t> seconds = read_integer(*value, "issued_at");
  if (!seconds) return seconds.error();
  if (*seconds > last_second) return schema("issued_at: not a time, in seconds since 1970");
  return from_unix_seconds(static_cast<std::int64_t>(*seconds));
}

Result<ParsedBundle> read_document(const json& payload) {
  const std::string* name = text_at(payload, "trust_domain");
  if (!name) return schema("trust_domain: missing or not a string");
  const Result<TrustDomain> domain = TrustDomain::parse(*name);
  if (!domain) return schema("trust_domain: " + domain.error().message());
  const auto document = payload.find("bundle");
  if (document == payload.end() || !document->is_object()) return schema("bundle: missing or not an object");
  Result<ParsedBundle> parsed = read_bundle(*domain, *document, KeySetKind::spiffe_bundle);
  if (!parsed) return parsed.error().within("signed bundle: bundle");
  return parsed;
}

// It stands in the file twice, for people to see; two answers are one too many.
Status check_sequence(const json& payload, const Bundle& bundle) {
  std::optional<std::uint64_t> said;
  if (const auto value = payload.find("sequence"); value != payload.end()) {
    const Result<std::uint64_t> read = read_integer(*value, "sequence");
    if (!read) return read.error();
    said = *read;
  }
  if (said != bundle.sequence) return schema("sequence: not the bundle's spiffe_sequence");
  return ok();
}

struct Header {
  crypto::SignatureAlgorithm algorithm;
  std::vector<crypto::Certificate> chain;
};

Result<Header> read_header(std::string_view part) {
  const Result<json> header = read_object(part, "header");
  if (!header) return header.error();
  const std::string* type = text_at(*header, "typ");
  if (!type || *type != type_name) return schema("typ: not " + std::string(type_name) + ": no signed bundle");
  if (const Status s = only(*header, std::to_array<std::string_view>({"alg", "typ", "x5c"})); !s) return s.error();
  const Result<crypto::SignatureAlgorithm> algorithm = read_algorithm(*header);
  if (!algorithm) return algorithm.error();
  Result<std::vector<crypto::Certificate>> chain = read_chain(*header);
  if (!chain) return chain.error();
  if (!crypto::fits(*algorithm, chain->front().public_key()))
    return schema("alg: " + std::string(crypto::to_string(*algorithm)) + " does not fit the signing certificate's key");
  return Header{*algorithm, *std::move(chain)};
}

}  // namespace

Result<std::string> sign_bundle(const Bundle& bundle, Time issued_at, const X509Svid& svid) {
  const crypto::SignatureAlgorithm algorithm = crypto::preferred_algorithm(svid.key->public_key());
  std::string file = base64url_encode(as_bytes(header_of(algorithm, svid.chain)));
  file += '.' + base64url_encode(as_bytes(payload_of(bundle, issued_at)));
  const Result<Bytes> signature = crypto::sign(algorithm, *svid.key, file);
  if (!signature) return signature.error().within("signed bundle");
  file += '.' + base64url_encode(*signature);
  if (file.size() > max_signed_bundle_size) return Error(Errc::too_large, "signed bundle: over 3 MiB");
  return file;
}

Result<UnverifiedSignedBundle> parse_signed_bundle(std::string_view text) {
  if (text.size() > max_signed_bundle_size) return Error(Errc::too_large, "signed bundle: over 3 MiB");
  if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  const Result<Parts> parts = split(text);
  if (!parts) return parts.error();
  Result<Header> header = read_header(parts->header);
  if (!header) return header.error();
  Result<Bytes> signature = base64url_decode(parts->signature);
  if (!signature) return syntax("signature: " + signature.error().message());
  if (signature->empty()) return syntax("signature: empty");
  Result<SpiffeId> signer = id_of(header->chain.front());
  if (!signer) return signer.error().within("signed bundle: x5c[0]");

  const Result<json> payload = read_object(parts->payload, "payload");
  if (!payload) return payload.error();
  constexpr auto names = std::to_array<std::string_view>({"trust_domain", "issued_at", "sequence", "bundle"});
  if (const Status s = only(*payload, names); !s) return s.error();
  const Result<Time> issued_at = read_issue_time(*payload);
  if (!issued_at) return issued_at.error();
  Result<ParsedBundle> document = read_document(*payload);
  if (!document) return document.error();
  if (const Status s = check_sequence(*payload, document->bundle); !s) return s.error();
  return UnverifiedSignedBundle{header->algorithm,
                                std::move(header->chain),
                                *std::move(signer),
                                std::move(document->bundle),
                                std::move(document->ignored),
                                *issued_at,
                                std::string(parts->signed_part),
                                *std::move(signature)};
}

}  // namespace entente::spiffe
