// Authorities that stand in our own bundle beside the issuer's: those of a nested or former control plane of the same
// trust domain, appended over the admin API. Kept in a file of their own; each leaves the bundle when it has ended.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"

namespace entente::syncer {

struct ExtraJwtAuthority {
  spiffe::JwtAuthority authority;
  std::optional<Time> ends_at;  // null: it stays until somebody takes it out of the file
};

// A value.
struct ExtraAuthorities {
  std::vector<crypto::Certificate> x509;
  std::vector<ExtraJwtAuthority> jwt;

  bool empty() const { return x509.empty() && jwt.empty(); }
};

// Nothing where there is no file. A file that cannot be read is an error that names it.
Result<ExtraAuthorities> load_extra_authorities(const std::filesystem::path& file,
                                                const spiffe::TrustDomain& trust_domain);
// Replaces the file, 0600, durably. Blocks.
Status save_extra_authorities(const std::filesystem::path& file, const spiffe::TrustDomain& trust_domain,
                              const ExtraAuthorities& extra);

// `extra` and `more`, without what has ended by `now`; a key that is there already takes the end of the newer word.
// Errc::already_exists for a key ID that another key has, here or in `own`.
Result<ExtraAuthorities> append(Time now, const spiffe::Bundle& own, const ExtraAuthorities& extra,
                                const ExtraAuthorities& more);

// Puts into `own` what has not ended and is not there already.
void add_extra_authorities(Time now, const ExtraAuthorities& extra, spiffe::Bundle& own);

}  // namespace entente::syncer
