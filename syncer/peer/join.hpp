// Runs coroutines side by side to their ends.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <vector>

#include "common/base/result.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// Completes when all have ended; rethrows the first exception. When the caller is cancelled it only stops waiting
// (Errc::cancelled): what was begun is carried through.
asio::awaitable<Status> join(asio::any_io_executor executor, std::vector<asio::awaitable<void>> tasks);

}  // namespace entente::syncer
