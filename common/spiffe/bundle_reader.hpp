// A trust bundle out of a JSON value that was parsed already: what bundle_json and bundle_set share. Internal to
// spiffe.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/base/result.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::spiffe {

enum class KeySetKind {
  spiffe_bundle,  // Trust Domain and Bundle 4: every key names its use
  jwt_key_set,    // a JWT bundle of the Workload API: JWT keys only, `use` may be absent
};

// Errc::schema naming the member for what the standard forbids.
Result<ParsedBundle> read_bundle(const TrustDomain& trust_domain, const nlohmann::json& document, KeySetKind kind);

}  // namespace entente::spiffe
