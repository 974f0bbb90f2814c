// From a caller's process to its selectors: unix:uid, gid, user, group, supplementary_gid, supplementary_group and, where
// allowed, path and sha256.
#pragma once

#include <functional>

#include "common/base/result.hpp"
#include "common/rpc/unix_server.hpp"
#include "common/trust/registration_entry.hpp"

namespace entente::workload {

struct AttestOptions {
  bool discover_path = false;  // unix:path and unix:sha256 need the right to read other users' /proc
};

// Sorted selectors. Errc::unavailable when the process has gone meanwhile (its pid may be another's now). Blocking: reads
// /proc and the user database; thread-safe.
Result<std::vector<trust::Selector>> attest(const rpc::Caller& caller, const AttestOptions& options);

}  // namespace entente::workload
