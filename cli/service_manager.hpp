// Telling systemd how the process is: sd_notify's protocol, which its manual asks programs to speak by themselves
// rather than to link a large library for one datagram. Does nothing where NOTIFY_SOCKET is not set.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/time.hpp"

namespace entente::cli {

// "READY=1", "RELOADING=1\nMONOTONIC_USEC=...", "STOPPING=1", "WATCHDOG=1".
void notify_service_manager(std::string_view state);
void notify_reloading();

// How often the service manager wants a WATCHDOG=1, already halved; null: not at all.
std::optional<Duration> watchdog_interval();

}  // namespace entente::cli
