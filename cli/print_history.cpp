#include "cli/print_history.hpp"

namespace entente::cli {
namespace {

Tone tone_of(const std::string& action) {
  if (action == "held") return Tone::loud;
  if (action == "refused" || action == "rejected" || action == "withdrawn") return Tone::bad;
  if (action == "rolled_back" || action == "accept_next") return Tone::warning;
  return Tone::plain;
}

Json by_json(const std::optional<trust::Actor>& by) {
  if (!by) return nullptr;
  return {{"uid", by->uid}, {"command", by->command}};
}

Json to_json(const DiffSideView& side) {
  return {{"name", side.name}, {"digest", json_text(side.digest)}, {"sequence", json_of(side.sequence)}};
}

std::string side_text(const DiffSideView& side) {
  return printable(side.name) + (side.sequence ? " (sequence " + std::to_string(*side.sequence) + ")" : "");
}

std::string entry_text(const HistoryView& entry, Time now, const Paint& paint) {
  std::string text = "#" + std::to_string(entry.number) + "  " + moment(entry.at, ago(entry.at, now)) + "  " +
                     paint(printable(entry.action), tone_of(entry.action));
  if (entry.sequence) text += "  sequence " + std::to_string(*entry.sequence);
  text += "\n";
  if (!entry.reason.empty()) text += "  " + printable(entry.reason) + "\n";
  if (entry.by) text += "  by " + printable(trust::describe(*entry.by)) + "\n";
  if (const std::string from = provenance_text(entry.from); from != "-") text += "  from " + from + "\n";
  if (!entry.digest.empty()) text += "  digest " + printable(entry.digest) + "\n";
  if (!entry.changes.empty()) text += changes_text(entry.changes, paint);
  return text;
}

}  // namespace

Json to_json(const trust::AuthorityChange& change) {
  return {{"change", change.added ? "added" : "removed"},
          {"use", change.use},
          {"id", change.id},
          {"subject", json_text(change.subject)},
          {"expires_at", json_time(change.expires_at)}};
}

Json to_json(const HistoryView& entry) {
  Json changes = Json::array();
  for (const trust::AuthorityChange& change : entry.changes) changes.push_back(to_json(change));
  return {{"number", entry.number},
          {"time", json_time(entry.at)},
          {"action", entry.action},
          {"sequence", json_of(entry.sequence)},
          {"digest", json_text(entry.digest)},
          {"source", json_text(entry.from.source)},
          {"address", json_text(entry.from.address)},
          {"certificate", json_text(entry.from.certificate)},
          {"by", by_json(entry.by)},
          {"reason", json_text(entry.reason)},
          {"has_bundle", entry.has_bundle},
          {"changes", changes}};
}

Json to_json(const DiffView& diff) {
  Json changes = Json::array();
  for (const trust::AuthorityChange& change : diff.changes) changes.push_back(to_json(change));
  return {{"trust_domain", diff.trust_domain},
          {"from", to_json(diff.from)},
          {"to", to_json(diff.to)},
          {"summary", json_text(diff.summary)},
          {"changes", changes}};
}

std::string provenance_text(const trust::Provenance& from) {
  std::string text = printable(from.source);
  if (!from.address.empty()) text += (text.empty() ? "" : " at ") + printable(from.address);
  if (!from.certificate.empty())
    text += (text.empty() ? "certificate " : ", certificate ") + printable(from.certificate);
  return text.empty() ? "-" : text;
}

std::string changes_text(const std::vector<trust::AuthorityChange>& changes, const Paint& paint) {
  if (changes.empty()) return "  no authority added or removed\n";
  std::string text;
  for (const trust::AuthorityChange& change : changes)
    text += "  " + paint(printable(trust::describe(change)), change.added ? Tone::good : Tone::bad) + "\n";
  return text;
}

std::string history_text(const std::vector<HistoryView>& entries, Time now, const Paint& paint) {
  std::string text;
  for (const HistoryView& entry : entries) text += entry_text(entry, now, paint);
  return text;
}

std::string diff_text(const DiffView& diff, const Paint& paint) {
  std::string text =
      printable(diff.trust_domain) + ": from " + side_text(diff.from) + " to " + side_text(diff.to) + "\n";
  if (!diff.summary.empty()) text += printable(diff.summary) + "\n";
  return text + changes_text(diff.changes, paint);
}

}  // namespace entente::cli
