// Keeps one target holding the federated bundles that are in use: one loop a target, none able to hold another up.
// docs/design.md, Push.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/backoff.hpp"
#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/base/log.hpp"
#include "common/store/feed.hpp"
#include "common/telemetry/metrics.hpp"
#include "syncer/push/plan.hpp"
#include "syncer/push/target.hpp"

namespace entente::syncer {

struct PusherOptions {
  std::string name;                           // what status, metrics and logs call the target
  std::filesystem::path pushed_domains_file;  // pushed_domains.hpp
  Duration check = std::chrono::minutes(5);   // how often the target is looked at, whatever changed
};

// Everything is outlived by what it refers to.
struct PushParts {
  asio::any_io_executor control;
  store::Feed& feed;  // publishes on the control thread
  // Whether a relationship with this trust domain is still there.
  std::function<bool(const spiffe::TrustDomain&)> goes_on;
  std::function<double()> random;  // uniform in [0, 1)
  asio::thread_pool& blocking;
  Clock& clock;
  telemetry::Metrics& metrics;
  Log& log;
};

// What one trust domain at a target is in trouble with.
struct PushProblem {
  spiffe::TrustDomain trust_domain;
  Error error;
};

struct PushStatus {
  std::string target;
  // `pending`: not looked at since the start; `failing`: the target as a whole; `incomplete`: some of its trust domains
  // are; else `current`.
  std::string state;
  std::size_t trust_domains = 0;     // pushed there and looked after
  std::size_t pending = 0;           // sets and removals that are not done
  std::optional<Time> last_success;  // when it last held all that it is to hold
  std::optional<Time> last_attempt;
  std::optional<Time> next_attempt;  // null while an attempt is under way
  std::uint32_t consecutive_failures = 0;
  std::optional<Error> last_error;    // of the target as a whole; null after a success
  std::vector<PushProblem> problems;  // of single trust domains; each is tried again
  std::vector<PushProblem> not_ours;  // federated here, and somebody else's to manage there: left alone
};

// Lives on the control thread. A change is pushed at once; changes that come meanwhile are taken together, the newest
// of each trust domain. A target that fails is tried again after 1 s, then 2 s, up to every 5 minutes, whatever
// changes; so are the trust domains that it refuses, without holding up the others.
class Pusher {
 public:
  // Blocks: reads which trust domains were pushed before.
  static Result<std::unique_ptr<Pusher>> open(PushParts parts, PusherOptions options,
                                              std::unique_ptr<PushTarget> target);
  ~Pusher();

  asio::awaitable<void> run();

  // Relationships came or went: look at what is to be pushed again.
  void wake() { wake_.raise(); }

  PushStatus status() const;

 private:
  // Goes off once, some time after it was set. The wall clock may jump: it never waits longer than it was set to.
  struct Alarm {
    std::optional<Time> at;  // null: not set
    Duration wait{};
  };
  struct Refusal {
    Error error;
    bool waits = true;  // for the retry
  };

  Pusher(PushParts parts, PusherOptions options, std::unique_ptr<PushTarget> target, TrustDomains pushed);

  asio::awaitable<Status> turn();
  asio::awaitable<Status> look();
  asio::awaitable<Status> carry_out(PushPlan plan);
  asio::awaitable<Status> push(std::vector<spiffe::TrustDomain> trust_domains);
  asio::awaitable<Status> remove(std::vector<spiffe::TrustDomain> trust_domains);
  asio::awaitable<Status> remember(TrustDomains pushed);
  asio::awaitable<Status> wait();
  PushPlan plan_now() const;
  PushPlan plan_of_this_turn();
  void refresh_wanted();
  void settle(const Status& outcome);
  void complain(const Error& error);
  void note(const spiffe::TrustDomain& trust_domain, const Status& outcome, const char* event, const char* done);
  void count_failures(double failures) const;
  void set(Alarm& alarm, Duration wait);
  bool due(Alarm& alarm);
  Alarm* earliest();
  void tell_metrics() const;

  PushParts parts_;
  PusherOptions options_;
  std::unique_ptr<PushTarget> target_;
  TrustDomains pushed_;               // as the file has it
  WantedBundles wanted_;              // of the snapshot last looked at
  std::optional<Holdings> holdings_;  // null: not known
  std::map<spiffe::TrustDomain, Refusal> refusals_;
  Backoff whole_backoff_, item_backoff_;
  Alarm check_, retry_whole_, retry_items_;
  std::optional<Error> failing_;  // the target as a whole
  std::uint32_t failures_ = 0;    // in a row
  std::optional<Time> last_success_, last_attempt_;
  Event wake_;
  store::Feed::Subscription subscription_;
};

}  // namespace entente::syncer
