// Which bundle an SVID is verified with, out of what --bundle names: one bundle, a bundle map, or a folder of files
// named after trust domains. Never another trust domain's keys (FC-14).
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/violation.hpp"

namespace entente::cli {

struct BundleChoice {
  spiffe::BundlePtr bundle;                  // null: `missing` says why
  std::string source;                        // the file that it is from
  bool assumed = false;                      // nothing but the ID says that it is this trust domain's
  std::optional<spiffe::Violation> missing;  // code no_bundle, with what there is instead
  spiffe::Violations notes;
};

// The bundle of `wanted`. `given` says whose a file is that does not say so itself (--trust-domain). An error is a
// mistake in the flags or a file that cannot be read; its code says which.
Result<BundleChoice> choose_bundle(const std::string& path, const std::optional<spiffe::TrustDomain>& given,
                                   const spiffe::TrustDomain& wanted);

}  // namespace entente::cli
