// Which callers the agent is asked about, and what it said of each: state without threads, sockets or time of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "common/client/retry.hpp"
#include "common/rpc/caller.hpp"
#include "workload/delegated/delegate.hpp"

namespace entente::workload {

// One caller's. Guarded by the owner's mutex.
struct Subscription {
  std::uint64_t number = 0;  // never used again: tells a later process of the same pid
  Subject subject;
  rpc::CallerPtr process;  // whose pid it is; null: by selectors
  bool let_go = false;     // taken out: nobody is to hear of it any more
  std::size_t holders = 0;
  Time idle_since{};  // where there is no holder

  std::optional<Delegate::Identities> identities;  // the last good answer
  std::optional<Error> problem;                    // why there is no newer one; null: the stream is open
  std::shared_ptr<void> stream;
  client::Retry retry;
  bool delivered = false;  // by this stream
  Time opened_at{};
  Time retry_at = Time::max();  // when it is to be opened again

  bool answered() const { return identities || problem; }
};
using SubscriptionPtr = std::shared_ptr<Subscription>;

// Not thread-safe.
class Subscriptions {
 public:
  explicit Subscriptions(std::size_t most) : most_(most) {}

  // The caller's subscription; null: none. One of a process that has ended meanwhile is not found.
  SubscriptionPtr find(const Subject& subject) const;
  // A new one in place of any that there is; null: there are too many.
  SubscriptionPtr add(const Subject& subject, rpc::CallerPtr process);
  // Where it is still there.
  void remove(Subscription& subscription);

  // Takes out and returns those that nobody has held for `kept_idle`, or whose process has ended.
  std::vector<SubscriptionPtr> take_idle(Time now, Duration kept_idle);
  std::vector<SubscriptionPtr> take_all();
  // Those whose stream is to be opened at `now`.
  std::vector<SubscriptionPtr> due(Time now) const;
  // When take_idle() or due() has something next; Time::max(): not as things are.
  Time next_due(Duration kept_idle) const;

  std::size_t size() const { return all_.size(); }

 private:
  std::size_t most_;
  std::uint64_t next_number_ = 1;
  std::map<Subject, SubscriptionPtr> all_;
};

}  // namespace entente::workload
