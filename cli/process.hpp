// What a long-running process asks of its surroundings before it does anything else.
#pragma once

#include "common/base/log.hpp"

namespace entente::cli {

// Ignores SIGPIPE and SIGXFSZ, raises the limit of open files to what is allowed, and leads gRPC's own lines into `log`
// (which then has to live as long as the process).
void prepare_process(Log& log);

}  // namespace entente::cli
