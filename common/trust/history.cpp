#include "common/trust/history.hpp"

#include <algorithm>
#include <array>

#include "common/base/encoding.hpp"

namespace entente::trust {
namespace {

struct Named {
  HistoryAction action;
  std::string_view name;
};
constexpr std::array actions{
    Named{HistoryAction::accepted, "accepted"},
    Named{HistoryAction::bootstrap, "bootstrap"},
    Named{HistoryAction::given, "given"},
    Named{HistoryAction::approved, "approved"},
    Named{HistoryAction::rolled_back, "rolled_back"},
    Named{HistoryAction::held, "held"},
    Named{HistoryAction::rejected, "rejected"},
    Named{HistoryAction::refused, "refused"},
    Named{HistoryAction::withdrawn, "withdrawn"},
    Named{HistoryAction::accept_next, "accept_next"},
};

template <class Authority>
bool among(typename std::vector<Authority>::const_iterator begin, typename std::vector<Authority>::const_iterator end,
           const Authority& wanted) {
  return std::find(begin, end, wanted) != end;
}

AuthorityChange change_of(bool added, std::string use, const crypto::Certificate& authority) {
  return {added, std::move(use), hex_encode(authority.fingerprint()), authority.subject(), authority.not_after()};
}

AuthorityChange change_of(bool added, std::string use, const spiffe::JwtAuthority& authority) {
  return {added, std::move(use), authority.key_id, "", std::nullopt};
}

// What of `these` is not among `those`, each once: a bundle is a set of keys.
template <class Authority>
void append_missing(bool added, const std::string& use, const std::vector<Authority>& these,
                    const std::vector<Authority>& those, std::vector<AuthorityChange>& changes) {
  for (auto one = these.begin(); one != these.end(); ++one)
    if (!among<Authority>(those.begin(), those.end(), *one) && !among<Authority>(these.begin(), one, *one))
      changes.push_back(change_of(added, use, *one));
}

void append_all(bool added, const spiffe::Bundle& these, const spiffe::Bundle& those,
                std::vector<AuthorityChange>& changes) {
  append_missing(added, "x509-svid", these.x509_authorities, those.x509_authorities, changes);
  append_missing(added, "jwt-svid", these.jwt_authorities, those.jwt_authorities, changes);
  append_missing(added, "wit-svid", these.wit_authorities, those.wit_authorities, changes);
}

}  // namespace

std::string_view to_string(HistoryAction action) {
  for (const Named& named : actions)
    if (named.action == action) return named.name;
  return "unknown";
}

std::optional<HistoryAction> parse_history_action(std::string_view text) {
  for (const Named& named : actions)
    if (named.name == text) return named.action;
  return std::nullopt;
}

std::string describe(const Actor& actor) {
  const std::string uid = "uid " + std::to_string(actor.uid);
  return actor.command.empty() ? uid : uid + " (" + actor.command + ")";
}

std::string describe(const AuthorityChange& change) {
  std::string text = change.use + (change.added ? " added: " : " removed: ") + change.id;
  std::string more = change.subject;
  if (change.expires_at) more += (more.empty() ? "until " : ", until ") + format_time(*change.expires_at);
  return more.empty() ? text : text + " (" + more + ")";
}

std::vector<AuthorityChange> difference(const spiffe::Bundle* before, const spiffe::Bundle* after) {
  std::vector<AuthorityChange> changes;
  if (before == nullptr && after == nullptr) return changes;
  const spiffe::Bundle nothing(before ? before->trust_domain : after->trust_domain);
  const spiffe::Bundle& from = before ? *before : nothing;
  const spiffe::Bundle& to = after ? *after : nothing;
  append_all(false, from, to, changes);
  append_all(true, to, from, changes);
  return changes;
}

}  // namespace entente::trust
