#include <algorithm>
#include <utility>

#include "common/trust/decision.hpp"
#include "common/trust/sequence_text.hpp"

namespace entente::trust {
namespace {

template <class Authority>
std::size_t count_missing(const std::vector<Authority>& wanted, const std::vector<Authority>& among) {
  return static_cast<std::size_t>(std::count_if(wanted.begin(), wanted.end(), [&](const Authority& authority) {
    return std::find(among.begin(), among.end(), authority) == among.end();
  }));
}

std::string counted(std::size_t count, const std::string& kind) {
  return std::to_string(count) + " " + kind + (count == 1 ? " authority" : " authorities");
}

void append(std::string& text, std::string_view part, std::string_view separator) {
  if (part.empty()) return;
  if (!text.empty()) text += separator;
  text += part;
}

template <class Authority>
std::string describe_kind(const std::string& kind, const std::vector<Authority>* before,
                          const std::vector<Authority>& after) {
  if (before == nullptr) return after.empty() ? "" : counted(after.size(), kind);
  const std::size_t added = count_missing(after, *before);
  const std::size_t removed = count_missing(*before, after);
  if (added == 0 && removed == 0) return "";
  if (removed == 0) return counted(added, kind) + " added";
  if (added == 0) return counted(removed, kind) + " removed";
  return counted(added, kind) + " added, " + std::to_string(removed) + " removed";
}

std::string seconds(const std::optional<std::chrono::seconds>& value) {
  return value ? std::to_string(value->count()) + " s" : "none";
}

}  // namespace

std::string describe_change(const spiffe::Bundle* before, const spiffe::Bundle& after) {
  std::string text;
  append(text, describe_kind("X.509", before ? &before->x509_authorities : nullptr, after.x509_authorities), ", ");
  append(text, describe_kind("JWT", before ? &before->jwt_authorities : nullptr, after.jwt_authorities), ", ");
  append(text, describe_kind("WIT", before ? &before->wit_authorities : nullptr, after.wit_authorities), ", ");
  if (after.empty() && (before == nullptr || !before->empty())) append(text, "nothing is trusted any more", "; ");
  if (before == nullptr) {
    append(text, "sequence " + sequence_text(after.sequence), "; ");
    return text;
  }
  if (before->sequence != after.sequence)
    append(text, "sequence " + sequence_text(before->sequence) + " -> " + sequence_text(after.sequence), "; ");
  if (before->refresh_hint != after.refresh_hint)
    append(text, "refresh hint " + seconds(before->refresh_hint) + " -> " + seconds(after.refresh_hint), "; ");
  return text.empty() ? "same content" : text;
}

}  // namespace entente::trust
