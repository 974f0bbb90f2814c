#include "common/spiffe/jwt_reading.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/encoding.hpp"
#include "common/spiffe/json.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

constexpr std::size_t max_token_size = 64U << 10;
constexpr std::int64_t last_numeric_date = 253'402'300'799;  // 9999-12-31T23:59:59Z, what RFC 3339 can write
constexpr std::int64_t last_representable = 9'223'372'036;   // 2262: where Time, nanoseconds in 64 bits, ends

// Reads one token. Each step says whether to go on: always where all faults are wanted, and there is something to read.
class Reader {
 public:
  Reader(std::string_view token, JwtReadMode mode) : token_(token), mode_(mode) {}

  JwtReading read() {
    if (split()) read_parts();
    return std::move(reading_);
  }

 private:
  // Whether to go on after it.
  bool add(Errc error, std::string code, std::string section, std::string message) {
    reading_.faults.push_back({error, {std::move(code), std::move(section), std::move(message)}});
    return mode_ == JwtReadMode::all_faults;
  }

  // JWT-SVID 5.1: the compact serialization and nothing else.
  bool split() {
    if (token_.size() > max_token_size) {
      (void)add(Errc::too_large, "token_too_large", "", "longer than 64 KiB");
      return false;
    }
    const std::size_t first = token_.find('.');
    const std::size_t second = first == token_.npos ? first : token_.find('.', first + 1);
    if (second == token_.npos || token_.find('.', second + 1) != token_.npos) {
      (void)add(Errc::syntax, "serialization", "JWT-SVID 5.1",
                "not a token of three parts (JWS compact serialization)");
      return false;
    }
    header_ = token_.substr(0, first);
    payload_ = token_.substr(first + 1, second - first - 1);
    signature_ = token_.substr(second + 1);
    reading_.signed_part = token_.substr(0, second);
    if (!header_.empty() && !payload_.empty() && !signature_.empty()) return true;
    return add(Errc::syntax, signature_.empty() ? "signature_missing" : "serialization", "JWT-SVID 5.1",
               "an empty part: " + std::string(header_.empty()    ? "the header"
                                               : payload_.empty() ? "the payload"
                                                                  : "the signature"));
  }

  // JWT-SVID 4: the algorithm before anything else is processed.
  void read_parts() {
    const std::optional<Bytes> header = decode(header_, "header");
    if (stopped()) return;
    if (header && !read_object(as_text(*header), "header", reading_.header)) return;
    if (reading_.header.is_object() && !(read_algorithm() && read_header())) return;

    if (std::optional<Bytes> signature = decode(signature_, "signature")) reading_.signature = *std::move(signature);
    if (stopped()) return;
    const std::optional<Bytes> payload = decode(payload_, "payload");
    if (stopped() || !payload || !read_object(as_text(*payload), "payload", reading_.claims)) return;
    reading_.claims_json = as_text(*payload);
    if (reading_.claims.is_object()) (void)(read_subject() && read_audience() && read_dates());
  }

  bool stopped() const { return mode_ == JwtReadMode::first_fault && !reading_.faults.empty(); }

  std::optional<Bytes> decode(std::string_view part, std::string_view name) {
    if (part.empty()) return std::nullopt;  // told by split()
    Result<Bytes> bytes = base64url_decode(part);
    if (bytes) return *std::move(bytes);
    (void)add(Errc::syntax, "base64url", "RFC 7515 2", std::string(name) + ": " + bytes.error().message());
    return std::nullopt;
  }

  bool read_object(std::string_view text, std::string_view name, json& into) {
    Result<json> object = parse_strict_json(text);
    if (!object) return add(Errc::syntax, "json", "RFC 7519 7.2", std::string(name) + ": " + object.error().message());
    if (!object->is_object())
      return add(Errc::schema, "json", "RFC 7519 7.2", std::string(name) + ": not a JSON object");
    into = *std::move(object);
    return true;
  }

  // JWT-SVID 2.1.
  bool read_algorithm() {
    const auto alg = reading_.header.find("alg");
    if (alg == reading_.header.end() || !alg->is_string())
      return add(Errc::schema, "alg", "JWT-SVID 2.1", "alg: missing or not a string");
    reading_.algorithm = crypto::parse_signature_algorithm(alg->get_ref<const std::string&>());
    if (reading_.algorithm) return true;
    return add(Errc::schema, "alg", "JWT-SVID 2.1",
               "alg: " + in_quotes(alg->get_ref<const std::string&>()) + " is not supported");
  }

  // JWT-SVID 2.2, 2.3; RFC 7515 4.1.11. Other members must not be there, but a validator has no order to refuse them.
  bool read_header() {
    const json& header = reading_.header;
    if (header.contains("crit") && !add(Errc::schema, "crit", "RFC 7515 4.1.11", "crit: no extension is supported"))
      return false;
    if (const auto typ = header.find("typ"); typ != header.end() && *typ != "JWT" && *typ != "JOSE")
      if (!add(Errc::schema, "typ", "JWT-SVID 2.3", "typ: must be JWT or JOSE" + instead_of(*typ))) return false;
    const auto kid = header.find("kid");
    if (kid == header.end()) return true;
    if (!kid->is_string() || *kid == "")
      return add(Errc::schema, "kid", "RFC 7515 4.1.4", "kid: must be a string that is not empty");
    reading_.key_id = kid->get<std::string>();
    return true;
  }

  static std::string instead_of(const json& value) {
    return value.is_string() ? ", not " + in_quotes(value.get_ref<const std::string&>()) : std::string();
  }

  // JWT-SVID 3.1. The standard asks for a SPIFFE ID, and unlike X509-SVID 3.1 for no path in it.
  bool read_subject() {
    const auto sub = reading_.claims.find("sub");
    if (sub == reading_.claims.end() || !sub->is_string())
      return add(Errc::schema, "sub", "JWT-SVID 3.1", "sub: missing or not a string");
    Result<SpiffeId> id = SpiffeId::parse(sub->get_ref<const std::string&>());
    if (!id) return add(Errc::schema, "sub", "JWT-SVID 3.1", "sub: " + id.error().message());
    reading_.subject = *std::move(id);
    return true;
  }

  // JWT-SVID 3.2: one or more values.
  bool read_audience() {
    const auto broken = [this](const char* message) {
      reading_.audience.clear();
      return add(Errc::schema, "aud", "JWT-SVID 3.2", message);
    };
    const auto aud = reading_.claims.find("aud");
    if (aud == reading_.claims.end()) return broken("aud: missing");
    const json values = aud->is_string() ? json::array({*aud}) : *aud;
    if (!values.is_array() || values.empty())
      return broken("aud: must be a string or an array of strings that is not empty");
    for (const json& value : values) {
      if (!value.is_string() || value == "") return broken("aud: must hold strings that are not empty");
      reading_.audience.push_back(value.get<std::string>());
    }
    return true;
  }

  bool read_dates() {
    if (!reading_.claims.contains("exp")) {
      if (!add(Errc::schema, "exp", "JWT-SVID 3.3", "exp: missing")) return false;
    } else if (!read_date("exp", "JWT-SVID 3.3", reading_.expires_at)) {
      return false;
    }
    return read_date("nbf", "RFC 7519 4.1.5", reading_.not_before) &&
           read_date("iat", "RFC 7519 4.1.6", reading_.issued_at);
  }

  // RFC 7519 2, NumericDate: an integer or a fraction of seconds. Beyond what Time can say (year 2262) it is that end.
  bool read_date(const char* name, const char* section, std::optional<Time>& into) {
    const auto value = reading_.claims.find(name);
    if (value == reading_.claims.end()) return true;
    if (!value->is_number()) return add(Errc::schema, name, section, std::string(name) + ": not a number");
    into = time_of(*value);
    if (into) return true;
    return add(Errc::schema, name, section, std::string(name) + ": not a time between 1970 and 9999, in seconds");
  }

  static std::optional<Time> time_of(const json& value) {
    if (value.is_number_float()) {
      const double seconds = value.get<double>();
      if (!(seconds >= 0 && seconds <= static_cast<double>(last_numeric_date))) return std::nullopt;
      const double whole = std::floor(seconds);
      const auto fraction = std::chrono::nanoseconds(static_cast<std::int64_t>((seconds - whole) * 1e9));
      const auto count = static_cast<std::int64_t>(whole);
      if (count >= last_representable) return from_unix_seconds(last_representable);
      return from_unix_seconds(count) + fraction;
    }
    const bool fits =
        value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(last_numeric_date);
    if (!fits) return std::nullopt;
    return from_unix_seconds(std::min(value.get<std::int64_t>(), last_representable));
  }

  std::string_view token_, header_, payload_, signature_;
  JwtReadMode mode_;
  JwtReading reading_;
};

}  // namespace

Error to_error(const JwtFault& fault) { return Error(fault.error, "JWT-SVID: " + fault.violation.message); }

JwtReading read_jwt_svid(std::string_view token, JwtReadMode mode) { return Reader(token, mode).read(); }

}  // namespace entente::spiffe
