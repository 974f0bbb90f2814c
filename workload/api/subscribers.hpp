// The open streams, and the one thread that brings them up to date when bundles or identities change.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "common/telemetry/metrics.hpp"
#include "workload/api/stream.hpp"
#include "workload/attest/workload.hpp"

namespace entente::workload {

enum class StreamKind { x509_svid, x509_bundles, jwt_bundles };

struct Subscriber {
  StreamKind kind;
  Workload who;                    // its selectors are set before add()
  std::shared_ptr<void> attended;  // IdentitySource::attend; set before add()
  std::shared_ptr<Stream> stream;  // set before add()
  std::mutex refreshing;           // held while its state is made and offered, so that no older one comes after a newer
  bool removed = false;            // guarded by Subscribers
};
using SubscriberPtr = std::shared_ptr<Subscriber>;

// Thread-safe. A change costs one `refresh` per stream, in turn, on the thread of this; changes during a round are
// merged into the next. Adding refreshes at once, on the adding thread.
class Subscribers {
 public:
  using Refresh = std::function<void(Subscriber&)>;

  // `round_done` is called after each round.
  Subscribers(Refresh refresh, std::function<void()> round_done, telemetry::Metrics& metrics);
  ~Subscribers();

  void add(const SubscriberPtr& subscriber);
  // May come before add(), when the client has gone meanwhile.
  void remove(const SubscriberPtr& subscriber);
  void something_changed();
  // Ends all streams with Unavailable, and those that are added from now on.
  void stop();

 private:
  void run();
  std::set<SubscriberPtr> wait_for_change();

  Refresh refresh_;
  std::function<void()> round_done_;
  telemetry::Gauge& streams_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::set<SubscriberPtr> all_;
  bool changed_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace entente::workload
