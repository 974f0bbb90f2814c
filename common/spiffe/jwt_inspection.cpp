#include "common/spiffe/jwt_inspection.hpp"

#include "common/spiffe/jwt_reading.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

std::string text_member(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto value = object.find(name);
  return value != object.end() && value->is_string() ? value->get<std::string>() : std::string();
}

std::string summarise(const JwtReading& reading) {
  if (text_member(reading.header, "typ") == "wit+jwt") return "a WIT-SVID; not a JWT-SVID";
  if (reading.subject) return "a JWT-SVID of the trust domain " + reading.subject->trust_domain().name();
  if (!reading.claims.is_object()) return "not a JWT-SVID: its claims cannot be read";
  const std::string subject = text_member(reading.claims, "sub");
  return "a JWT without a SPIFFE ID" + (subject.empty() ? "" : "; its subject is " + in_quotes(subject));
}

// JWT-SVID 2: "any header not described here must not be included".
void note_header(const JwtReading& reading, Violations& notes) {
  constexpr std::size_t most = 3;
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, value] : reading.header.items()) {
    if (name == "alg" || name == "kid" || name == "typ" || name == "crit") continue;
    if (++count <= most) names += (names.empty() ? "" : ", ") + in_quotes(name);
  }
  if (count > most) names += " and more";
  if (count > 0)
    notes.push_back({"header_member", "JWT-SVID 2", "the header holds more than alg, kid and typ: " + names});
}

JwtInspection inspection_of(JwtReading&& reading) {
  JwtInspection found;
  found.summary = summarise(reading);
  found.subject = std::move(reading.subject);
  found.algorithm = text_member(reading.header, "alg");
  found.key_id = std::move(reading.key_id);
  found.audience = std::move(reading.audience);
  found.expires_at = reading.expires_at;
  found.not_before = reading.not_before;
  found.issued_at = reading.issued_at;
  found.claims_json = std::move(reading.claims_json);
  for (JwtFault& fault : reading.faults) found.violations.push_back(std::move(fault.violation));
  if (reading.header.is_object()) note_header(reading, found.notes);
  if (found.audience.size() > 1)
    found.notes.push_back(
        {"several_audiences", "JWT-SVID 3.2",
         "each of its " + std::to_string(found.audience.size()) + " audiences can use it against the others"});
  return found;
}

std::optional<JwtFault> domain_fault(const SpiffeId& subject, const Bundle& bundle) {
  if (subject.member_of(bundle.trust_domain)) return std::nullopt;
  return JwtFault{Errc::untrusted,
                  {"no_bundle", "JWT-SVID 4",
                   "the subject is not in the trust domain " + bundle.trust_domain.name() + ", whose the bundle is"}};
}

void judge_signature(const JwtReading& reading, const Bundle& bundle, std::vector<JwtFault>& faults) {
  if (!reading.subject) return;  // no domain whose keys could count
  if (auto fault = domain_fault(*reading.subject, bundle)) {
    faults.push_back(*std::move(fault));
  } else if (reading.algorithm && !reading.signature.empty()) {
    if (auto bad = signature_fault(*reading.algorithm, reading.key_id, reading.signed_part, reading.signature, bundle))
      faults.push_back(*std::move(bad));
  }
}

}  // namespace

JwtInspection inspect_jwt_svid(std::string_view token) {
  return inspection_of(read_jwt_svid(token, JwtReadMode::all_faults));
}

JwtInspection examine_jwt_svid(std::string_view token, const Bundle* bundle, const JwtValidation& wanted) {
  JwtReading reading = read_jwt_svid(token, JwtReadMode::all_faults);
  const auto add = [&reading](std::optional<JwtFault> fault) {
    if (fault) reading.faults.push_back(*std::move(fault));
  };
  if (!reading.audience.empty()) add(audience_fault(reading.audience, wanted.audience));
  if (reading.expires_at) add(expiry_fault(*reading.expires_at, wanted));
  if (reading.not_before) add(not_before_fault(*reading.not_before, wanted));
  if (bundle != nullptr) judge_signature(reading, *bundle, reading.faults);
  return inspection_of(std::move(reading));
}

}  // namespace entente::spiffe
