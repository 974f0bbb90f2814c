#include "cli/print_inspection.hpp"

#include <algorithm>

#include "common/crypto/path.hpp"

namespace entente::cli {
namespace {

using crypto::Certificate;
using crypto::SeenCertificate;
using spiffe::CertificateRole;
using spiffe::Violation;
using spiffe::Violations;

constexpr std::size_t most_shown = 20;  // of certificates and of rules; a stranger decides how many there are

std::string name_of(const Certificate& certificate) {
  return certificate.subject_empty() ? "(empty subject)" : printable(certificate.subject());
}

std::string span_of(const Certificate& certificate, Time at) {
  const std::string span = format_time(certificate.not_before()) + " to " + format_time(certificate.not_after());
  if (at < certificate.not_before()) return span + " (begins " + ahead(certificate.not_before(), at) + ")";
  if (certificate.not_after() <= at) return span + " (" + until(certificate.not_after(), at) + ")";
  return span + " (ends " + ahead(certificate.not_after(), at) + ")";
}

std::string printable_list(const std::vector<std::string>& parts) {
  std::vector<std::string> harmless;
  for (const std::string& part : parts) harmless.push_back(printable(part));
  return joined(harmless, ", ");
}

std::string indented(const std::string& lines) {
  std::string result;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    result += "  " + lines.substr(at, end - at) + '\n';
    at = end + 1;
  }
  return result;
}

std::string rule_text(const Violation& rule, Tone tone, const Paint& paint) {
  const std::string section = rule.section.empty() ? "" : " (" + rule.section + ")";
  std::string text = "    " + paint(rule.code, tone) + section + ": " + printable(rule.message) + '\n';
  const std::string_view advice = spiffe::what_to_do(rule.code);
  if (!advice.empty()) text.append("        to do: ").append(advice).append("\n");
  return text;
}

std::string rules_text(const std::string& title, const Violations& rules, Tone tone, const Paint& paint) {
  if (rules.empty()) return "";
  std::string text = "  " + title + ":\n";
  for (std::size_t i = 0; i < std::min(rules.size(), most_shown); ++i) text += rule_text(rules[i], tone, paint);
  if (rules.size() > most_shown)
    text += "    and " + std::to_string(rules.size() - most_shown) + " more; --output json has all of them\n";
  return text;
}

std::string count_of(const Violations& violations) {
  return std::to_string(violations.size()) + (violations.size() == 1 ? " violation" : " violations");
}

std::string findings_text(const Violations& violations, const Violations& notes, const Paint& paint) {
  return rules_text(count_of(violations), violations, Tone::bad, paint) +
         rules_text("notes", notes, Tone::warning, paint);
}

// Each code once, in their order.
std::string codes_of(const Violations& violations) {
  std::vector<std::string> codes;
  for (const Violation& violation : violations)
    if (std::find(codes.begin(), codes.end(), violation.code) == codes.end()) codes.push_back(violation.code);
  return joined(codes, ", ");
}

std::string verdict(const Violations& violations, const Paint& paint) {
  if (violations.empty()) return paint("valid", Tone::good);
  return paint("NOT valid", Tone::bad) + " (" + codes_of(violations) + ")";
}

std::string bundle_words(const UsedBundle& used) {
  const std::string& domain = used.bundle->trust_domain.name();
  if (!used.assumed) return printable(used.source) + ", of " + domain;
  return printable(used.source) + ", taken for that of " + domain + " (--trust-domain says whose it is)";
}

std::string certificate_line(const X509Report& report, std::size_t i) {
  const SeenCertificate& seen = report.certificates.certificates[i];
  const CertificateRole role = spiffe::role_of(seen.certificate);
  std::string text = role == CertificateRole::signer ? "CA " : i == report.inspection.leaf ? "leaf " : "not a CA ";
  text += name_of(seen.certificate);
  if (const auto uris = seen.certificate.uri_names(); !uris.empty()) text += ", " + printable(uris.front());
  return text + ", until " + format_time(seen.certificate.not_after()) + ", " + seen.key;
}

// Of a chain or a bundle; one certificate is told of in full already.
void add_certificates(const X509Report& report, Fields& fields) {
  const std::size_t count = report.certificates.certificates.size();
  if (count == 1) return;
  for (std::size_t i = 0; i < std::min(count, most_shown); ++i)
    fields.emplace_back("certificate " + std::to_string(i + 1), certificate_line(report, i));
  if (count > most_shown)
    fields.emplace_back("more", std::to_string(count - most_shown) + "; --output json has all of them");
}

void add_path(const X509Report& report, Fields& fields) {
  if (report.bundle) fields.emplace_back("bundle", bundle_words(*report.bundle));
  if (report.path.size() < 2) return;
  std::vector<std::string> signers;
  for (std::size_t i = 1; i < report.path.size(); ++i) signers.push_back(name_of(report.path[i]));
  fields.emplace_back("signed by", joined(signers, ", signed by "));
  fields.emplace_back("authority sha256", hex_encode(report.path.back().fingerprint()));
}

Fields x509_fields(const X509Report& report) {
  const SeenCertificate& seen = report.certificates.certificates[report.inspection.leaf];
  const Certificate& leaf = seen.certificate;
  Fields fields;
  const auto add = [&fields](const char* name, std::string value) {
    if (!value.empty()) fields.emplace_back(name, std::move(value));
  };
  add("spiffe id", report.inspection.id ? report.inspection.id->str() : std::string());
  add("validity", span_of(leaf, report.at));
  add("key", seen.key);
  add("subject", name_of(leaf));
  add("issuer", printable(leaf.issuer()) + (crypto::issued(leaf, leaf) ? " (itself: self-signed)" : ""));
  add("serial", leaf.serial_hex());
  add("sha256", hex_encode(leaf.fingerprint()));
  add("dns names", printable_list(leaf.dns_names()));
  add("ip names", printable_list(leaf.ip_names()));
  add_certificates(report, fields);
  add_path(report, fields);
  add("judged at", format_time(report.at));
  return fields;
}

Json rules_json(const Violations& rules) {
  Json list = Json::array();
  for (const Violation& rule : rules)
    list.push_back({{"code", rule.code},
                    {"section", json_text(rule.section)},
                    {"message", rule.message},
                    {"what_to_do", json_text(std::string(spiffe::what_to_do(rule.code)))}});
  return list;
}

Json texts_json(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

Json certificate_json(const SeenCertificate& seen) {
  const Certificate& certificate = seen.certificate;
  return {{"kind", spiffe::to_string(spiffe::role_of(certificate))},
          {"subject", certificate.subject()},
          {"issuer", certificate.issuer()},
          {"uri_names", texts_json(certificate.uri_names())},
          {"not_before", format_time(certificate.not_before())},
          {"not_after", format_time(certificate.not_after())},
          {"key", seen.key},
          {"ca", certificate.is_ca()},
          {"fingerprint", hex_encode(certificate.fingerprint())}};
}

Json bundle_json(const std::optional<UsedBundle>& used) {
  if (!used) return nullptr;
  return {{"source", used->source},
          {"trust_domain", used->bundle->trust_domain.name()},
          {"trust_domain_assumed", used->assumed},
          {"sequence", json_of(used->bundle->sequence)},
          {"x509_authorities", used->bundle->x509_authorities.size()},
          {"jwt_authorities", used->bundle->jwt_authorities.size()}};
}

Json id_json(const std::optional<spiffe::SpiffeId>& id) { return id ? Json(id->str()) : Json(nullptr); }
Json domain_json(const std::optional<spiffe::SpiffeId>& id) {
  return id ? Json(id->trust_domain().name()) : Json(nullptr);
}

// The text of a claim set, as it was read: strict JSON.
std::string claims_text(const std::string& claims_json) {
  return Json::parse(claims_json, nullptr, false).dump(2, ' ', true, Json::error_handler_t::replace) + '\n';
}

std::string time_and_distance(std::optional<Time> time, const std::string& distance) {
  return time ? format_time(*time) + " (" + distance + ")" : std::string();
}

Fields jwt_fields(const JwtReport& report) {
  const spiffe::JwtInspection& token = report.inspection;
  Fields fields;
  const auto add = [&fields](const char* name, std::string value) {
    if (!value.empty()) fields.emplace_back(name, std::move(value));
  };
  add("spiffe id", token.subject ? token.subject->str() : std::string());
  add("audience", printable_list(token.audience));
  add("expires", time_and_distance(token.expires_at, until(token.expires_at, report.at)));
  add("not before", token.not_before ? format_time(*token.not_before) : std::string());
  add("issued", time_and_distance(token.issued_at, ago(token.issued_at, report.at)));
  add("algorithm", printable(token.algorithm));
  add("key id", printable(token.key_id));
  if (report.bundle) add("bundle", bundle_words(*report.bundle));
  add("judged at", format_time(report.at));
  return fields;
}

}  // namespace

std::string x509_text(const X509Report& report, const Paint& paint) {
  const spiffe::X509Inspection& found = report.inspection;
  std::string text = printable(report.file) + ": ";
  if (report.verification) text += verdict(found.violations, paint) + ": ";
  text += printable(found.summary);
  if (!report.verification)
    text += found.violations.empty()
                ? "; no violation"
                : "; " + paint(count_of(found.violations), Tone::bad) + " (" + codes_of(found.violations) + ")";
  text += '\n' + indented(field_lines(x509_fields(report)));
  return text + findings_text(found.violations, found.notes, paint);
}

Json x509_json(const X509Report& report) {
  const spiffe::X509Inspection& found = report.inspection;
  const SeenCertificate& seen = report.certificates.certificates[found.leaf];
  const Certificate& leaf = seen.certificate;
  Json document{{"file", report.file}};
  if (report.verification) document["valid"] = found.violations.empty();
  document["kind"] = spiffe::to_string(found.role);
  document["summary"] = found.summary;
  document["spiffe_id"] = id_json(found.id);
  document["trust_domain"] = domain_json(found.id);
  document["not_before"] = format_time(leaf.not_before());
  document["not_after"] = format_time(leaf.not_after());
  document["key"] = seen.key;
  document["subject"] = leaf.subject();
  document["issuer"] = leaf.issuer();
  document["serial"] = leaf.serial_hex();
  document["fingerprint"] = hex_encode(leaf.fingerprint());
  document["dns_names"] = texts_json(leaf.dns_names());
  document["ip_names"] = texts_json(leaf.ip_names());
  document["format"] = report.certificates.pem ? "pem" : "der";
  document["chain"] = Json::array();
  for (const SeenCertificate& one : report.certificates.certificates)
    document["chain"].push_back(certificate_json(one));
  document["judged_at"] = format_time(report.at);
  if (report.verification) {
    document["bundle"] = bundle_json(report.bundle);
    document["authority"] = report.path.size() < 2 ? Json(nullptr) : Json(hex_encode(report.path.back().fingerprint()));
  }
  document["violations"] = rules_json(found.violations);
  document["notes"] = rules_json(found.notes);
  return document;
}

std::string jwt_text(const JwtReport& report, const Paint& paint) {
  const spiffe::JwtInspection& token = report.inspection;
  std::string text = printable(report.source) + ": " + verdict(token.violations, paint) + ": " +
                     printable(token.summary) + '\n' + indented(field_lines(jwt_fields(report)));
  if (!token.claims_json.empty())
    text += std::string("  claims") + (token.violations.empty() ? "" : ", which nobody vouches for") + ":\n" +
            indented(indented(claims_text(token.claims_json)));
  return text + findings_text(token.violations, token.notes, paint);
}

Json jwt_json(const JwtReport& report) {
  const spiffe::JwtInspection& token = report.inspection;
  return {{"source", report.source},
          {"valid", token.violations.empty()},
          {"summary", token.summary},
          {"spiffe_id", id_json(token.subject)},
          {"trust_domain", domain_json(token.subject)},
          {"audience", texts_json(token.audience)},
          {"wanted_audience", report.audience},
          {"expires_at", json_time(token.expires_at)},
          {"not_before", json_time(token.not_before)},
          {"issued_at", json_time(token.issued_at)},
          {"algorithm", json_text(token.algorithm)},
          {"key_id", json_text(token.key_id)},
          {"claims", token.claims_json.empty() ? Json(nullptr) : Json::parse(token.claims_json, nullptr, false)},
          {"judged_at", format_time(report.at)},
          {"bundle", bundle_json(report.bundle)},
          {"violations", rules_json(token.violations)},
          {"notes", rules_json(token.notes)}};
}

Json unreadable_json(const std::string& file, const Error& error) {
  return {{"file", file}, {"error", {{"code", to_string(error.code())}, {"message", error.message()}}}};
}

}  // namespace entente::cli
