// A signal for a process that may not be ready for it.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "common/base/clock.hpp"

namespace entente::helper {

// Sends by `send`, once the process catches, ignores or blocks the signal: one that is just starting, and has no
// handler yet, would die of it. Looks seven times within about 12 s. Errc::unavailable where the process still would
// die; Errc::cancelled. Signals that are meant to end a process (SIGTERM, SIGINT, SIGQUIT, SIGKILL) are sent at once.
asio::awaitable<Status> signal_when_ready(pid_t pid, int signal, std::function<Status()> send, Clock& clock);

}  // namespace entente::helper
