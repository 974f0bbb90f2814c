// Identities that an agent issues, handed on by our own Workload API through the agent's Delegated Identity API: one
// subscription for each caller that wants them, kept while it does. docs/with-an-agent.md.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/telemetry/metrics.hpp"
#include "workload/api/identity_source.hpp"
#include "workload/delegated/delegate.hpp"

namespace entente::workload {

namespace asio = boost::asio;

struct DelegatedOptions {
  std::string address;                              // of the agent's admin socket, "unix:///run/spire/admin.sock"
  bool by_selectors = false;                        // name callers by what we attested; else the agent attests the pid
  Duration first_answer = std::chrono::seconds(5);  // how long a caller waits for it
  Duration kept_idle = std::chrono::minutes(1);     // a subscription that nobody holds
  std::size_t most_subscriptions = 10000;           // further callers are Unavailable
};

// Thread-safe but for the constructor, the destructor and run(), which belong to the control thread. While the agent is
// away, what a caller has stays good until it ends; whoever comes new gets Errc::unavailable and the reason.
class DelegatedIdentities final : public IdentitySource {
 public:
  DelegatedIdentities(asio::any_io_executor control, DelegatedOptions options, Clock& clock,
                      telemetry::Metrics& metrics, Log& log);
  ~DelegatedIdentities() override;

  // Blocks until the agent has answered for this caller, at most options.first_answer.
  std::shared_ptr<void> attend(const Workload& who) override;

  // Of callers that are attended, but for a JWT-SVID none of these waits.
  Result<std::vector<X509Identity>> x509_identities(const Workload& who) override;
  Result<std::vector<JwtIdentity>> jwt_identities(const Workload& who, const std::vector<std::string>& audience,
                                                  const std::optional<spiffe::SpiffeId>& wanted) override;
  Result<Entitlement> entitlement(const Workload& who) override;
  [[nodiscard]] std::shared_ptr<void> on_change(std::function<void()> listener) override;

  // Subscribes again where a stream has ended, and ends what nobody wants, until cancelled.
  asio::awaitable<void> run();

  // Whoever waits for the agent waits no more: the process stops.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::workload
