#include "server/svid/succession.hpp"

#include <algorithm>

namespace entente::server {
namespace {

bool signed_by(const spiffe::X509Svid& svid, const crypto::Certificate& authority, Time now) {
  spiffe::Bundle alone(svid.id.trust_domain());
  alone.x509_authorities.push_back(authority);
  return spiffe::verify_x509_svid(svid.chain, alone, now).has_value();
}

// Late enough to be rare, early enough for a peer whose clock is ahead.
Time last_moment_of(const crypto::Certificate& leaf) {
  return leaf.not_after() - (leaf.not_after() - leaf.not_before()) / 10;
}

}  // namespace

void Succession::saw(const spiffe::Bundle& bundle, Time now) {
  std::map<crypto::Sha256, Time> seen;
  for (const crypto::Certificate& authority : bundle.x509_authorities) {
    const crypto::Sha256 name = authority.fingerprint();
    const auto known = first_seen_.find(name);
    seen.emplace(name, known == first_seen_.end() ? now : known->second);
  }
  first_seen_ = std::move(seen);
  bundle_ = bundle;
}

Time Succession::due(const spiffe::X509Svid& current, const spiffe::X509Svid& next, Time now) const {
  if (!bundle_) return now;
  bool trusted = false;
  std::optional<Time> known_since;
  for (const crypto::Certificate& authority : bundle_->x509_authorities) {
    const bool of_current = signed_by(current, authority, now), of_next = signed_by(next, authority, now);
    if (of_current && of_next) return now;
    trusted = trusted || of_current;
    if (of_next) known_since = std::min(first_seen_.at(authority.fingerprint()), known_since.value_or(now));
  }
  if (!trusted) return now;
  return std::min(known_since.value_or(now) + settle_, last_moment_of(current.chain.front()));
}

}  // namespace entente::server
