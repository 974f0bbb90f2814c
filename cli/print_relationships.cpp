#include "cli/print_relationships.hpp"

#include <algorithm>

#include "cli/print_history.hpp"

namespace entente::cli {
namespace {

Tone tone_of(const RelationshipView& r) {
  if (r.awaits_approval()) return Tone::loud;
  if (!r.state) return Tone::plain;
  if (*r.state == "current") return Tone::good;
  if (*r.state == "expired" || *r.state == "revoked") return Tone::bad;
  return Tone::warning;
}

// A hold is said even where a worse state comes first.
std::string state_of(const RelationshipView& r) {
  if (!r.state) return "-";
  return r.held && *r.state != "held" ? printable(*r.state) + "+held" : printable(*r.state);
}

// "code: message", where the message does not begin with its code anyway.
std::string describe_error(const ErrorView& error) {
  if (error.message.starts_with(error.code + ":")) return printable(error.message);
  return printable(error.code + ": " + error.message);
}

std::string reason_of(const RelationshipView& r) {
  std::vector<std::string> reasons;
  if (r.held) reasons.push_back("awaits approval: " + printable(r.held->why));
  if (r.last_error) reasons.push_back(describe_error(*r.last_error));
  if (r.warnings)
    for (const std::string& warning : *r.warnings) reasons.push_back(printable(warning));
  return joined(reasons, "; ");
}

template <class T>
std::string number_of(const std::optional<T>& number) {
  return number ? std::to_string(*number) : "-";
}

std::string text_of(const std::optional<std::string>& text) { return text && !text->empty() ? printable(*text) : "-"; }

Json error_json(const std::optional<ErrorView>& error) {
  if (!error) return nullptr;
  return {{"code", error->code}, {"message", error->message}};
}

Json held_json(const std::optional<HeldView>& held) {
  if (!held) return nullptr;
  Json changes = Json::array();
  for (const trust::AuthorityChange& change : held->changes) changes.push_back(to_json(change));
  return {{"digest", held->digest},
          {"why", held->why},
          {"since", json_time(held->since)},
          {"sequence", json_of(held->sequence)},
          {"origin", json_text(held->origin)},
          {"source", json_text(held->from.source)},
          {"address", json_text(held->from.address)},
          {"certificate", json_text(held->from.certificate)},
          {"changes", changes}};
}

Fields status_fields(const RelationshipView& r, Time now, const Paint& paint) {
  return {{"trust domain", printable(r.trust_domain)},
          {"state", paint(state_of(r), tone_of(r))},
          {"warnings", !r.warnings           ? "-"
                       : r.warnings->empty() ? "none"
                                             : printable(joined(*r.warnings, ", "))},
          {"endpoint url", printable(joined(r.endpoint_urls, ", then "))},
          {"endpoint profile", printable(r.endpoint_profile)},
          {"endpoint spiffe id", text_of(r.endpoint_spiffe_id)},
          {"sequence", number_of(r.sequence)},
          {"refresh hint", r.refresh_hint ? describe_duration(*r.refresh_hint) : "-"},
          {"x509 authorities", number_of(r.x509_authorities)},
          {"jwt authorities", number_of(r.jwt_authorities)},
          {"earliest expiry", moment(r.earliest_expiry, until(r.earliest_expiry, now))},
          {"last success", moment(r.last_success, ago(r.last_success, now))},
          {"last attempt", moment(r.last_attempt, ago(r.last_attempt, now))},
          {"next attempt", moment(r.next_attempt, ahead(r.next_attempt, now))},
          {"last change", moment(r.last_change, ago(r.last_change, now))},
          {"consecutive failures", number_of(r.consecutive_failures)},
          {"last error", r.last_error ? describe_error(*r.last_error) : "-"},
          {"source", text_of(r.source)}};
}

Fields definition_fields(const RelationshipView& r) {
  Fields fields;
  if (r.policy) fields.emplace_back("policy", printable(*r.policy) + (r.policy_is_default ? " (the default)" : ""));
  if (r.sequence_rule == "strict") fields.emplace_back("sequence rule", "strict");
  if (r.roots_pem && !r.roots_pem->empty()) fields.emplace_back("roots", "of this relationship alone");
  if (r.pins && !r.pins->empty()) fields.emplace_back("pins", printable(joined(*r.pins, ", ")));
  if (r.allow_private_redirects == true) fields.emplace_back("private redirects", "allowed");
  if (r.bundle_origin && !r.bundle_origin->empty())
    fields.emplace_back("bundle in use", printable(*r.bundle_origin) + (r.bundle_source && !r.bundle_source->empty()
                                                                            ? ", from " + printable(*r.bundle_source)
                                                                            : ""));
  if (r.served_by) fields.emplace_back("served by", printable(*r.served_by));
  return fields;
}

std::string held_text(const RelationshipView& r, Time now, const Paint& paint) {
  const HeldView& held = *r.held;
  std::string text = "\n" + paint("A CHANGE AWAITS APPROVAL: nothing of it is in use", Tone::loud) + "\n";
  Fields fields{{"  why", printable(held.why)},
                {"  since", moment(held.since, ago(held.since, now))},
                {"  digest", printable(held.digest)},
                {"  sequence", number_of(held.sequence)},
                {"  origin", held.origin.empty() ? "-" : printable(held.origin)},
                {"  from", provenance_text(held.from)}};
  text += field_lines(fields) + changes_text(held.changes, paint);
  text += "To take it:    entente federation approve " + printable(r.trust_domain) + " --digest " +
          printable(held.digest) + "\n";
  text += "To refuse it:  entente federation reject " + printable(r.trust_domain) + " --digest " +
          printable(held.digest) + "\n";
  return text;
}

}  // namespace

Json status_json(const RelationshipView& r) {
  return {{"trust_domain", r.trust_domain},
          {"endpoint_url", r.endpoint_urls.empty() ? Json(nullptr) : Json(r.endpoint_urls.front())},
          {"endpoint_profile", r.endpoint_profile},
          {"endpoint_spiffe_id", json_of(r.endpoint_spiffe_id)},
          {"state", json_of(r.state)},
          {"warnings", json_of(r.warnings)},
          {"sequence", json_of(r.sequence)},
          {"refresh_hint", json_of(r.refresh_hint)},
          {"x509_authorities", json_of(r.x509_authorities)},
          {"jwt_authorities", json_of(r.jwt_authorities)},
          {"earliest_expiry", json_time(r.earliest_expiry)},
          {"last_success", json_time(r.last_success)},
          {"last_attempt", json_time(r.last_attempt)},
          {"next_attempt", json_time(r.next_attempt)},
          {"last_change", json_time(r.last_change)},
          {"consecutive_failures", json_of(r.consecutive_failures)},
          {"last_error", error_json(r.last_error)},
          {"source", json_of(r.source)}};
}

Json list_json(const RelationshipView& r) {
  Json document = status_json(r);
  document["held"] = r.held ? Json(r.held->digest) : Json(nullptr);
  return document;
}

Json to_json(const RelationshipView& r) {
  Json document = status_json(r);
  document["endpoint_urls"] = r.endpoint_urls;
  document["policy"] = json_of(r.policy);
  document["policy_is_default"] = r.policy ? Json(r.policy_is_default) : Json(nullptr);
  document["sequence_rule"] = json_of(r.sequence_rule);
  document["roots"] = json_of(r.roots_pem && !r.roots_pem->empty() ? r.roots_pem : std::nullopt);
  document["pins"] = json_of(r.pins);
  document["allow_private_redirects"] = json_of(r.allow_private_redirects);
  document["bundle_origin"] = json_of(r.bundle_origin);
  document["bundle_source"] = json_of(r.bundle_source);
  document["served_by"] = json_of(r.served_by);
  document["held"] = held_json(r.held);
  return document;
}

std::string relationships_text(const std::vector<RelationshipView>& relationships, Time now, const Paint& paint,
                               std::size_t width) {
  Rows rows{{"TRUST DOMAIN", "STATE", "SEQUENCE", "AGE", "NEXT POLL", "EARLIEST EXPIRY", "REASON"}};
  for (const RelationshipView& r : relationships)
    rows.push_back({printable(r.trust_domain), paint(state_of(r), tone_of(r)), number_of(r.sequence),
                    r.state || r.last_success ? ago(r.last_success, now) : "-", ahead(r.next_attempt, now),
                    until(r.earliest_expiry, now), reason_of(r)});
  return table(rows, width);
}

std::string relationship_text(const RelationshipView& r, Time now, const Paint& paint) {
  Fields fields = status_fields(r, now, paint);
  for (auto& field : definition_fields(r)) fields.push_back(std::move(field));
  std::string text = field_lines(fields);
  if (r.held) text += held_text(r, now, paint);
  return text;
}

std::string trouble(const std::vector<RelationshipView>& relationships, const Paint& paint) {
  std::vector<std::string> held, bad;
  for (const RelationshipView& r : relationships) {
    if (r.awaits_approval()) held.push_back(printable(r.trust_domain));
    if (r.state && *r.state != "current" && *r.state != "held")
      bad.push_back(printable(r.trust_domain) + " (" + printable(*r.state) + ")");
  }
  std::string text;
  if (!held.empty())
    text +=
        paint(held.size() == 1 ? "a change awaits approval" : std::to_string(held.size()) + " changes await approval",
              Tone::loud) +
        ": " + joined(held, ", ") + "; see: entente federation show " + held.front() + "\n";
  if (!bad.empty())
    text += std::to_string(bad.size()) + " of " + std::to_string(relationships.size()) +
            (relationships.size() == 1 ? " relationship" : " relationships") + " not current: " + joined(bad, ", ") +
            "\n";
  return text;
}

}  // namespace entente::cli
