// Who calls: the process that the kernel names, and what it proved to be.
#pragma once

#include "common/rpc/caller.hpp"
#include "workload/attest/selectors.hpp"

namespace entente::workload {

// A value. `process` may be null in tests of what needs the selectors alone.
struct Workload {
  rpc::CallerPtr process;
  Selectors selectors;
};

}  // namespace entente::workload
