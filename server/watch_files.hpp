// Runs a function now and whenever files may have changed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"

namespace entente::server {

// Until cancelled. Where the files' folders cannot be watched (one is missing, or inotify is exhausted), `reload` runs
// every five seconds until they can. It runs more often than files change: it is to compare.
asio::awaitable<void> watch_files(std::vector<std::filesystem::path> paths, std::function<void()> reload, Log& log,
                                  Clock& clock);

}  // namespace entente::server
