// The loop of one relationship: polls its endpoint on schedule and on demand, from the first of its URLs to the one
// that serves, and puts what it decides through the ledger.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "common/base/event.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/trust/decision.hpp"
#include "syncer/peer/broadcast.hpp"
#include "syncer/peer/federation_metrics.hpp"
#include "syncer/peer/refusals.hpp"
#include "syncer/peer/syncer.hpp"

namespace entente::syncer {

// What a loop needs of its surroundings; outlives it.
struct LoopParts {
  SyncerParts& syncer;
  FederationMetrics& metrics;
  const trust::ChangePolicy& default_policy;  // may change at any time
};

// Lives on the control thread. A changed relationship is a new loop; this one then ends.
class PeerLoop {
 public:
  // What a loop remembers, for the one that follows it.
  struct Memory {
    trust::Attempts attempts;
    Time started;
    Refusals refusals;
  };

  PeerLoop(LoopParts parts, trust::RelationshipPtr relationship, trust::PollingPolicy policy, Memory memory);
  PeerLoop(const PeerLoop&) = delete;
  PeerLoop& operator=(const PeerLoop&) = delete;

  // The first poll comes after the wait.
  static void start(const std::shared_ptr<PeerLoop>& loop, Duration first_wait = Duration::zero());
  // Cancels what is under way. Once ended() has completed, nothing of this loop reaches the ledger.
  void stop();
  asio::awaitable<Status> ended();

  // Asks for a poll that begins after this call; its number. Askers before it begins share it.
  std::uint64_t ask();
  // Until the poll of that number is over, or the loop: false.
  asio::awaitable<Result<bool>> finished(std::uint64_t number);

  void set_policy(const trust::PollingPolicy& policy);
  // The same as before in all that matters to polling.
  void set_relationship(trust::RelationshipPtr relationship);

  const trust::Relationship& relationship() const { return *relationship_; }
  Memory memory() const { return {attempts_, started_at_, refusals_}; }
  trust::RelationshipStatus status() const;

 private:
  enum class Outcome { accepted, held, unchanged, not_modified };

  // One URL. What it is kept for lives as long as each poll needs it: a connection, an entity tag.
  struct Endpoint {
    trust::EndpointUrl url;
    std::unique_ptr<Fetcher> fetcher;  // null: not asked lately
    // The tag of `etag_bundle`, which this URL served; good while that is in use, or waits for approval.
    std::string etag;
    spiffe::BundlePtr etag_bundle;

    bool tag_stands(const trust::RecordPtr& known) const;
  };
  // What an endpoint served.
  struct Served {
    trust::Candidate candidate;
    std::string etag;
    bool not_modified = false;
  };

  asio::awaitable<void> run(Duration first_wait);
  asio::awaitable<void> until_due();
  void settle(Time attempted, const Result<Outcome>& outcome);
  void plan();
  void set_wait(Duration wait);     // from when the last attempt settled
  trust::RecordPtr record() const;  // in use or waiting

  // peer_poll.cpp: one poll.
  asio::awaitable<Result<Outcome>> poll();
  asio::awaitable<Result<Outcome>> attempt(Endpoint& endpoint);
  asio::awaitable<Result<Outcome>> ask_endpoint(Endpoint& endpoint);
  asio::awaitable<Result<Outcome>> take(Endpoint& endpoint, Served served);
  asio::awaitable<void> note_refusal(trust::HistoryEntry event, Error reason);
  Result<FetchRequest> request_to(const Endpoint& endpoint) const;
  Result<Served> read(const Endpoint& endpoint, FetchAnswer answer);
  trust::Rules rules() const;
  void rest_after(const Endpoint& served);

  // peer_report.cpp: logs and metrics.
  void report_accepted(const trust::Accept& accepted) const;
  void report_held(const trust::Hold& hold) const;
  void report_refused(const trust::HistoryEntry& event, const Error& reason) const;
  void report_ignored(const spiffe::IgnoredKeys& ignored);
  void report_success() const;
  void report_failure(const Error& error) const;
  void count(const Result<Outcome>& outcome) const;
  void tell_metrics() const;
  const std::string& name() const { return relationship_->trust_domain.name(); }

  LoopParts parts_;
  trust::RelationshipPtr relationship_;
  trust::PollingPolicy policy_;
  std::vector<Endpoint> endpoints_;  // as the relationship's URLs; never changes

  asio::cancellation_signal cancel_;
  bool stopping_ = false, ended_ = false;
  Event wake_;                                          // a poll is asked for, or the schedule changed
  Broadcast progress_;                                  // a poll is over, or the loop
  std::uint64_t begun_ = 0, finished_ = 0, asked_ = 0;  // numbers of polls
  bool replan_ = false;

  trust::Attempts attempts_;
  Time started_at_, settled_at_;
  Duration wait_{0};
  double random_ = 0;

  std::string served_by_;  // the URL that served in the last poll
  Refusals refusals_;
  spiffe::IgnoredKeys ignored_;
};

}  // namespace entente::syncer
