// An agent's Workload API as the local source: the domain's X.509 and JWT bundles as any workload gets them, followed
// over two streams that reconnect by themselves. docs/with-an-agent.md.
#pragma once

#include <functional>
#include <memory>

#include "common/base/async_mutex.hpp"
#include "common/base/event.hpp"
#include "syncer/source/agent_answers.hpp"
#include "syncer/source/local_source.hpp"
#include "syncer/source/own_bundle.hpp"
#include "syncer/source/source_contact.hpp"

namespace entente::syncer {

struct WorkloadApiSourceOptions {
  spiffe::TrustDomain trust_domain;
  std::string address;                     // what records and messages call the agent: "unix:///run/spire/agent.sock"
  std::chrono::seconds refresh_hint{300};  // published with the bundle: an agent tells none
};

// Follows one stream until the returned object is gone: each full answer, and each failure to get one, on any thread.
using OnBundles = std::function<void(std::shared_ptr<const spiffe::BundleSet>)>;
using OnStreamError = std::function<void(const Error&)>;
using FollowBundles = std::function<std::shared_ptr<void>(OnBundles, OnStreamError)>;

struct AgentStreams {
  FollowBundles x509, jwt;  // FetchX509Bundles and FetchJWTBundles
};

// Lives on the control thread.
class WorkloadApiSource final : public LocalSource {
 public:
  WorkloadApiSource(asio::any_io_executor control, WorkloadApiSourceOptions options, AgentStreams streams,
                    OwnBundle& own, telemetry::Readiness& readiness, telemetry::Metrics& metrics, Clock& clock,
                    Log& log);
  ~WorkloadApiSource() override;

  // Never waits for the agent: what is held from an earlier run is in use at once, and without that the process is not
  // ready until the agent has answered.
  asio::awaitable<Status> start() override;
  asio::awaitable<void> run() override;

  asio::awaitable<Status> set_refresh_hint(std::chrono::seconds hint);

  const SourceContact& contact() const { return contact_; }

 private:
  struct Heard;
  // Puts in use what was heard.
  asio::awaitable<Status> take();
  void report();

  WorkloadApiSourceOptions options_;
  AgentStreams streams_;
  asio::any_io_executor control_;
  AsyncMutex one_at_a_time_;
  OwnBundle& own_;
  SourceContact contact_;
  Clock& clock_;
  Log& log_;
  std::shared_ptr<Heard> heard_;  // shared with what streams post, which may come later than the end of this
};

}  // namespace entente::syncer
