#include "cli/print_bundles.hpp"

#include "common/base/encoding.hpp"

namespace entente::cli {
namespace {

Json to_json(const LaggingClientView& client) {
  return {{"address", client.address},
          {"last_seen", json_time(client.last_seen)},
          {"sequence", json_of(client.sequence)},
          {"behind", json_of(client.behind)},
          {"reason", json_text(client.reason)}};
}

std::string lagging_text(const RotationView& rotation, Time now, const Paint& paint) {
  std::string text;
  if (!rotation.lagging_clients.empty()) {
    text += paint("clients of our endpoint not known to have the new authorities: " +
                      std::to_string(rotation.lagging_clients_total),
                  Tone::warning) +
            "\n";
    Rows rows{{"  ADDRESS", "LAST SEEN", "SEQUENCE", "BEHIND", "WHY"}};
    for (const LaggingClientView& client : rotation.lagging_clients)
      rows.push_back({"  " + printable(client.address), ago(client.last_seen, now),
                      client.sequence ? std::to_string(*client.sequence) : "-",
                      client.behind ? describe_duration(*client.behind) : "-", printable(client.reason)});
    text += table(rows);
  }
  if (rotation.lagging_clients_total > rotation.lagging_clients.size())
    text += "  and " + std::to_string(rotation.lagging_clients_total - rotation.lagging_clients.size()) + " more\n";
  if (!rotation.lagging_clients_note.empty()) text += "note: " + printable(rotation.lagging_clients_note) + "\n";
  return text;
}

}  // namespace

Json to_json(const spiffe::Bundle& bundle) {
  Json document{{"trust_domain", bundle.trust_domain.name()},
                {"sequence", json_of(bundle.sequence)},
                {"refresh_hint", json_of(bundle.refresh_hint)},
                {"digest", spiffe::authorities_digest(bundle)},
                {"x509_authorities", Json::array()},
                {"jwt_authorities", Json::array()}};
  for (const crypto::Certificate& authority : bundle.x509_authorities)
    document["x509_authorities"].push_back({{"fingerprint", hex_encode(authority.fingerprint())},
                                            {"subject", authority.subject()},
                                            {"key", authority.public_key().describe()},
                                            {"not_before", format_time(authority.not_before())},
                                            {"not_after", format_time(authority.not_after())}});
  for (const spiffe::JwtAuthority& authority : bundle.jwt_authorities)
    document["jwt_authorities"].push_back({{"key_id", authority.key_id}, {"key", authority.key.describe()}});
  return document;
}

std::string bundle_text(const spiffe::Bundle& bundle, Time now, const Paint& paint) {
  std::string text =
      field_lines({{"trust domain", bundle.trust_domain.name()},
                   {"sequence", bundle.sequence ? std::to_string(*bundle.sequence) : "none"},
                   {"refresh hint", bundle.refresh_hint ? describe_duration(*bundle.refresh_hint) : "none"},
                   {"digest", spiffe::authorities_digest(bundle)}});
  if (bundle.empty()) text += "no authorities: every SVID of this trust domain is invalid\n";
  for (const crypto::Certificate& authority : bundle.x509_authorities) {
    const bool expired = authority.not_after() <= now;
    text += "x509  " + hex_encode(authority.fingerprint()) + "  " + authority.public_key().describe() + "  " +
            (expired ? paint("expired " + format_time(authority.not_after()), Tone::bad)
                     : "until " + format_time(authority.not_after())) +
            "  " + printable(authority.subject()) + "\n";
  }
  for (const spiffe::JwtAuthority& authority : bundle.jwt_authorities)
    text += "jwt   " + printable(authority.key_id) + "  " + authority.key.describe() + "\n";
  return text;
}

Json to_json(const BundleView& view) {
  Json document = to_json(view.bundle);
  document["source"] = nullptr;
  if (view.source)
    document["source"] = {{"address", view.source->address},
                          {"last_confirmed", json_time(view.source->last_confirmed)},
                          {"problem", json_text(view.source->problem)}};
  return document;
}

std::string bundle_text(const BundleView& view, Time now, const Paint& paint) {
  std::string text = bundle_text(view.bundle, now, paint);
  if (!view.source) return text;
  const SourceView& source = *view.source;
  Fields fields{{"source", printable(source.address)}};
  if (source.problem.empty()) {
    fields.emplace_back("confirmed", moment(source.last_confirmed, ago(source.last_confirmed, now)));
  } else {
    const std::string when = source.last_confirmed ? moment(source.last_confirmed, ago(source.last_confirmed, now))
                                                   : "not since Entente started";
    fields.emplace_back("confirmed", paint(when, Tone::warning));
    fields.emplace_back("problem", paint(printable(source.problem), Tone::warning));
  }
  return text + field_lines(fields);
}

std::string bundles_text(const std::vector<BundleView>& bundles, Time now, const Paint& paint) {
  Rows rows{{"TRUST DOMAIN", "SEQUENCE", "X509", "JWT", "EARLIEST EXPIRY", "DIGEST"}};
  for (const BundleView& view : bundles) {
    const spiffe::Bundle& bundle = view.bundle;
    const auto expiry = spiffe::earliest_expiry(bundle);
    const bool expired = expiry && *expiry <= now;
    rows.push_back({bundle.trust_domain.name(), bundle.sequence ? std::to_string(*bundle.sequence) : "-",
                    std::to_string(bundle.x509_authorities.size()), std::to_string(bundle.jwt_authorities.size()),
                    paint(until(expiry, now), expired ? Tone::bad : Tone::plain), spiffe::authorities_digest(bundle)});
  }
  return table(rows);
}

Json to_json(const RotationView& rotation) {
  Json clients = Json::array();
  for (const LaggingClientView& client : rotation.lagging_clients) clients.push_back(to_json(client));
  Json document = Json::array();
  for (const PreparedAuthorityView& authority : rotation.authorities)
    document.push_back({{"use", authority.use},
                        {"id", authority.id},
                        {"published_at", json_time(authority.published_at)},
                        {"used_from", json_time(authority.used_from)},
                        {"public_for", json_of(authority.public_for)},
                        {"lagging_clients", clients},
                        {"lagging_clients_total", rotation.lagging_clients_total},
                        {"lagging_clients_note", json_text(rotation.lagging_clients_note)}});
  return document;
}

std::string rotation_text(const RotationView& rotation, bool now_used, Time now, const Paint& paint) {
  std::string text;
  for (const PreparedAuthorityView& authority : rotation.authorities) {
    text += authority.use + " authority " + printable(authority.id) + ": ";
    const bool just_now = !authority.public_for || (!now_used && *authority.public_for < std::chrono::seconds(1));
    text += just_now ? "published" : "public for " + describe_duration(*authority.public_for);
    text += now_used ? ", in use from now"
                     : ", used from " + format_time(authority.used_from.value_or(now)) + " (" +
                           ahead(authority.used_from, now) + ")";
    text += "\n";
  }
  if (now_used) text += lagging_text(rotation, now, paint);
  return text;
}

Json to_json(const ExportView& file) {
  return {{"trust_domain", file.trust_domain},      {"spiffe_id", file.spiffe_id},
          {"fingerprint", file.fingerprint},        {"sequence", json_of(file.sequence)},
          {"issued_at", json_time(file.issued_at)}, {"expires_at", json_time(file.expires_at)}};
}

Json to_json(const ImportView& file) {
  return {{"trust_domain", file.trust_domain},      {"outcome", file.outcome},
          {"summary", json_text(file.summary)},     {"digest", json_text(file.digest)},
          {"sequence", json_of(file.sequence)},     {"issued_at", json_time(file.issued_at)},
          {"spiffe_id", json_text(file.spiffe_id)}, {"fingerprint", json_text(file.fingerprint)}};
}

std::string import_text(const ImportView& file, const Paint& paint) {
  const std::string domain = printable(file.trust_domain);
  std::string text = domain + ": ";
  if (file.outcome == "held")
    text += paint("held: nothing of it is in use until it is approved", Tone::loud);
  else
    text += printable(file.outcome);
  text += "\n";
  Fields fields;
  if (!file.summary.empty()) fields.emplace_back("  summary", printable(file.summary));
  fields.emplace_back("  signed by", printable(file.spiffe_id) + ", certificate " + printable(file.fingerprint));
  fields.emplace_back("  signed at", file.issued_at ? format_time(*file.issued_at) : "-");
  fields.emplace_back("  sequence", file.sequence ? std::to_string(*file.sequence) : "-");
  fields.emplace_back("  digest", printable(file.digest));
  text += field_lines(fields);
  if (file.outcome == "held")
    text += "To take it:  entente federation approve " + domain + " --digest " + printable(file.digest) + "\n";
  return text;
}

}  // namespace entente::cli
