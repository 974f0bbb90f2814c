// A SPIRE server as the local source: the domain's bundle by SPIRE's bundle API, asked for again and again, with its
// sequence and refresh hint. docs/beside-spire-server.md.
#pragma once

#include <functional>
#include <optional>

#include "common/base/async_mutex.hpp"
#include "common/base/backoff.hpp"
#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"
#include "syncer/source/local_source.hpp"
#include "syncer/source/own_bundle.hpp"
#include "syncer/source/source_contact.hpp"

namespace entente::syncer {

struct SpireServerSourceOptions {
  spiffe::TrustDomain trust_domain;
  std::string server;                      // what records and messages call it: "unix:///run/spire/server.sock"
  std::chrono::seconds refresh_hint{300};  // published where the server has none of its own
};

// GetBundle of the server: an answer, or why there is none, within a bounded time.
using AskForBundle = std::function<asio::awaitable<Result<spiffe::Bundle>>()>;

// How long until the server is asked again: a tenth of the hint, as peers learn of a change within the hint from then
// on; between a second and a minute, and half a minute where there is no hint. An unchanged answer costs one call over
// the socket: nothing is written and nothing logged.
Duration ask_interval(std::optional<std::chrono::seconds> hint);

// Lives on the control thread.
class SpireServerSource final : public LocalSource {
 public:
  SpireServerSource(asio::any_io_executor control, SpireServerSourceOptions options, AskForBundle ask, OwnBundle& own,
                    telemetry::Readiness& readiness, telemetry::Metrics& metrics, Clock& clock, Log& log);

  // A server that does not answer is no reason not to start: without a bundle from before, this process is not ready
  // until it does. One of another trust domain is.
  asio::awaitable<Status> start() override;
  asio::awaitable<void> run() override;

  // What is published where the server has no hint.
  asio::awaitable<Status> set_refresh_hint(std::chrono::seconds hint);

  const SourceContact& contact() const { return contact_; }

 private:
  // Asks, and puts the answer in use.
  asio::awaitable<Status> take();
  asio::awaitable<Status> offer(spiffe::Bundle bundle);
  Status check(const spiffe::Bundle& bundle) const;
  void report(const Status& taken);

  AsyncMutex one_at_a_time_;
  SpireServerSourceOptions options_;
  AskForBundle ask_;
  OwnBundle& own_;
  SourceContact contact_;
  Clock& clock_;
  std::optional<spiffe::Bundle> answer_;  // the last good one, with the hint that the server gave
};

}  // namespace entente::syncer
