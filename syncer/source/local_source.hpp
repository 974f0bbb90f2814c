// Where this trust domain's own bundle comes from: a true edge. The embedded issuer, a file, an agent, or a SPIRE
// server.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "common/base/result.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

class LocalSource {
 public:
  virtual ~LocalSource() = default;

  // Brings the bundle in for the first time. An error is a reason not to start.
  virtual asio::awaitable<Status> start() = 0;

  // Keeps it current until cancelled; faults are logged and survived with the last good bundle in use.
  virtual asio::awaitable<void> run() = 0;
};

}  // namespace entente::syncer
