// From a caller's process to its selectors: unix:uid, gid, user, group, supplementary_gid, supplementary_group and,
// where allowed, path and sha256.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/rpc/caller.hpp"
#include "workload/attest/selectors.hpp"

namespace entente::workload {

struct AttestOptions {
  bool discover_path = false;  // unix:path and unix:sha256 need the right to read other users' /proc
};

// uid and gid are the kernel's word from when the process connected; the groups are those of now. A name that the user
// database does not give is left out, as is path or sha256 where /proc refuses. Errc::unavailable when the process has
// gone meanwhile (its pid may be another's now). Blocking: reads /proc and the user database; thread-safe.
Result<Selectors> attest(const rpc::Caller& caller, const AttestOptions& options);

// The `Groups:` line of /proc/<pid>/status.
std::vector<gid_t> supplementary_groups_in(std::string_view proc_status);

}  // namespace entente::workload
