#include "common/issuer/authority.hpp"

#include <algorithm>

namespace entente::issuer {
namespace {

const AuthorityInfo* first_in(AuthorityState state, const std::vector<AuthorityInfo>& authorities) {
  const auto found =
      std::find_if(authorities.begin(), authorities.end(), [state](const auto& a) { return a.state == state; });
  return found == authorities.end() ? nullptr : &*found;
}

bool can_sign(const AuthorityInfo* active, Time now) { return active && now < active->expires_at; }

// When a prepared authority takes over: as planned, or as soon as there is none that can sign.
Time takeover(const AuthorityInfo& prepared, const AuthorityInfo* active, Time now) {
  return can_sign(active, now) ? std::min(prepared.used_from, active->expires_at) : now;
}

Time removable(const AuthorityInfo& authority) {
  return authority.state == AuthorityState::retired ? std::min(authority.last_signature_ends, authority.expires_at)
                                                    : authority.expires_at;
}

}  // namespace

std::string_view to_string(AuthorityUse use) { return use == AuthorityUse::x509_svid ? "x509-svid" : "jwt-svid"; }

std::string_view to_string(AuthorityState state) {
  switch (state) {
    case AuthorityState::prepared:
      return "prepared";
    case AuthorityState::active:
      return "active";
    case AuthorityState::retired:
      return "retired";
  }
  return "retired";
}

Duration publication_lead(const RotationPolicy& policy) {
  return std::min<Duration>(4 * Duration(policy.refresh_hint), policy.authority_ttl / 4);
}

Time succession_due(const AuthorityInfo& active, const RotationPolicy& policy) {
  const Time half = active.expires_at - policy.authority_ttl / 2;
  return std::min(half, active.expires_at - policy.longest_svid_ttl);
}

Time prepare_due(const AuthorityInfo& active, const RotationPolicy& policy) {
  return succession_due(active, policy) - publication_lead(policy);
}

Time planned_use(const AuthorityInfo* active, const RotationPolicy& policy, Time now) {
  if (!can_sign(active, now)) return now;
  // Published late (after a downtime): the lead still counts, as long as the old one can sign something of use.
  const Time latest = active->expires_at - policy.longest_svid_ttl / 2;
  return std::max(now, std::min(now + publication_lead(policy), latest));
}

RotationPlan plan_rotation(const std::vector<AuthorityInfo>& authorities, const RotationPolicy& policy, Time now) {
  RotationPlan plan;
  const AuthorityInfo* active = first_in(AuthorityState::active, authorities);
  const AuthorityInfo* prepared = first_in(AuthorityState::prepared, authorities);
  if (prepared && now >= prepared->expires_at) prepared = nullptr;
  if (prepared) {
    if (now >= takeover(*prepared, active, now)) plan.activate = prepared->id;
  } else {
    plan.prepare = !can_sign(active, now) || now >= prepare_due(*active, policy);
  }
  for (const AuthorityInfo& authority : authorities)
    if (authority.state != AuthorityState::active && now >= removable(authority)) plan.remove.push_back(authority.id);
  return plan;
}

Time next_rotation_event(const std::vector<AuthorityInfo>& authorities, const RotationPolicy& policy, Time now) {
  Time next = Time::max();
  const AuthorityInfo* active = first_in(AuthorityState::active, authorities);
  const AuthorityInfo* prepared = first_in(AuthorityState::prepared, authorities);
  if (prepared)
    next = takeover(*prepared, active, now);
  else if (active)
    next = prepare_due(*active, policy);
  for (const AuthorityInfo& authority : authorities)
    if (authority.state != AuthorityState::active) next = std::min(next, removable(authority));
  return std::max(next, now);
}

}  // namespace entente::issuer
