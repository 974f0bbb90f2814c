#include "cli/print_entries.hpp"

namespace entente::cli {
namespace {

std::string list_text(const std::vector<std::string>& parts) {
  return parts.empty() ? "-" : printable(joined(parts, ", "));
}

std::string ttl_text(const std::optional<std::chrono::seconds>& ttl) {
  return ttl ? describe_duration(*ttl) : "the default";
}

}  // namespace

Json to_json(const EntryView& entry) {
  return {{"id", entry.id},
          {"spiffe_id", entry.spiffe_id},
          {"parent_id", json_text(entry.parent_id)},
          {"selectors", entry.selectors},
          {"x509_svid_ttl", json_of(entry.x509_svid_ttl)},
          {"jwt_svid_ttl", json_of(entry.jwt_svid_ttl)},
          {"dns_names", entry.dns_names},
          {"federates_with", entry.federates_with},
          {"hint", json_text(entry.hint)},
          {"admin", entry.admin},
          {"downstream", entry.downstream},
          {"store_svid", entry.store_svid},
          {"expires_at", json_time(entry.expires_at)},
          {"created_at", json_time(entry.created_at)}};
}

std::string entry_text(const EntryView& entry, Time now) {
  Fields fields{{"id", printable(entry.id)},
                {"spiffe id", printable(entry.spiffe_id)},
                {"parent id", entry.parent_id.empty() ? "-" : printable(entry.parent_id)},
                {"selectors", list_text(entry.selectors)},
                {"x509 svid ttl", ttl_text(entry.x509_svid_ttl)},
                {"jwt svid ttl", ttl_text(entry.jwt_svid_ttl)},
                {"dns names", list_text(entry.dns_names)},
                {"federates with", list_text(entry.federates_with)},
                {"hint", entry.hint.empty() ? "-" : printable(entry.hint)}};
  if (entry.expires_at) fields.emplace_back("expires", moment(entry.expires_at, until(entry.expires_at, now)));
  if (entry.created_at) fields.emplace_back("created", moment(entry.created_at, ago(entry.created_at, now)));
  if (entry.admin) fields.emplace_back("admin", "yes");
  if (entry.downstream) fields.emplace_back("downstream", "yes");
  if (entry.store_svid) fields.emplace_back("stored", "yes");
  return field_lines(fields);
}

std::string entries_text(const std::vector<EntryView>& entries) {
  Rows rows{{"ID", "SPIFFE ID", "SELECTORS", "HINT"}};
  for (const EntryView& entry : entries)
    rows.push_back({printable(entry.id), printable(entry.spiffe_id), list_text(entry.selectors),
                    entry.hint.empty() ? "-" : printable(entry.hint)});
  return table(rows);
}

}  // namespace entente::cli
