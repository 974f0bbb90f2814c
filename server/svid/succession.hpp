// When the endpoint's next X509-SVID may take the place of the one in use. A peer learns of a new authority from this
// endpoint alone, and authenticates it by the bundle that it has. So the endpoint goes on showing an SVID of the former
// authority until peers had time to fetch the new one: a rotation `--now` would shut them out for good otherwise.
#pragma once

#include <map>
#include <optional>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::server {

class Succession {
 public:
  // `settle`: how long after its publication an authority may be taken as known to peers that poll at our hint.
  explicit Succession(Duration settle) : settle_(settle) {}
  void set_settle(Duration settle) { settle_ = settle; }

  // The own trust domain's bundle as it is at `now`.
  void saw(const spiffe::Bundle& bundle, Time now);

  // When `next` may be shown in place of `current`; `now` or earlier: at once. That is so where one authority signed
  // both, where nobody trusts `current` any more, and before `current` ends in any case.
  Time due(const spiffe::X509Svid& current, const spiffe::X509Svid& next, Time now) const;

 private:
  Duration settle_;
  std::optional<spiffe::Bundle> bundle_;
  std::map<crypto::Sha256, Time> first_seen_;  // by the authority's fingerprint
};

}  // namespace entente::server
