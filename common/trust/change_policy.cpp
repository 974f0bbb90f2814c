#include "common/trust/change_policy.hpp"

#include <algorithm>

namespace entente::trust {
namespace {

template <class Authority>
bool holds(const std::vector<Authority>& authorities, const Authority& wanted) {
  return std::find(authorities.begin(), authorities.end(), wanted) != authorities.end();
}

template <class Authority>
bool adds(const std::vector<Authority>& in_use, const std::vector<Authority>& offered) {
  return std::any_of(offered.begin(), offered.end(), [&](const Authority& one) { return !holds(in_use, one); });
}

// A use that never had keys has nothing to overlap with.
template <class Authority>
bool apart(const std::vector<Authority>& last, const std::vector<Authority>& offered) {
  return !last.empty() && !offered.empty() &&
         std::none_of(offered.begin(), offered.end(), [&](const Authority& one) { return holds(last, one); });
}

void append(std::string& text, const char* part) {
  if (!text.empty()) text += ", ";
  text += part;
}

std::string uses_apart(const spiffe::Bundle& last, const spiffe::Bundle& offered) {
  std::string uses;
  if (apart(last.x509_authorities, offered.x509_authorities)) append(uses, "x509-svid");
  if (apart(last.jwt_authorities, offered.jwt_authorities)) append(uses, "jwt-svid");
  if (apart(last.wit_authorities, offered.wit_authorities)) append(uses, "wit-svid");
  return uses;
}

}  // namespace

bool adds_authority(const BundleRecord* current, const spiffe::Bundle& offered) {
  if (current == nullptr) return !offered.empty();
  const spiffe::Bundle& held = *current->bundle;  // empty where nothing is in use
  return adds(held.x509_authorities, offered.x509_authorities) || adds(held.jwt_authorities, offered.jwt_authorities) ||
         adds(held.wit_authorities, offered.wit_authorities);
}

std::optional<std::string> policy_objection(ChangePolicy policy, const BundleRecord* current,
                                            const spiffe::Bundle& offered) {
  if (policy == ChangePolicy::accept) return std::nullopt;
  if (policy == ChangePolicy::approve) return "policy approve: authorities are added";
  if (current == nullptr) return std::nullopt;
  const std::string uses = uses_apart(current->last_non_empty ? *current->last_non_empty : *current->bundle, offered);
  if (uses.empty()) return std::nullopt;
  return "policy overlap: no authority for " + uses + " is among the last accepted ones";
}

}  // namespace entente::trust
