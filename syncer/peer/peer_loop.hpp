// The loop of one relationship: polls its endpoint on schedule and on demand, and puts what it decides through the
// ledger.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <memory>

#include "common/base/event.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/trust/decision.hpp"
#include "syncer/peer/broadcast.hpp"
#include "syncer/peer/federation_metrics.hpp"
#include "syncer/peer/syncer.hpp"

namespace entente::syncer {

// What a loop needs of its surroundings; outlives it.
struct LoopParts {
  SyncerParts& syncer;
  FederationMetrics& metrics;
};

// Lives on the control thread. A changed relationship is a new loop; this one then ends.
class PeerLoop {
 public:
  // What a loop remembers, for the one that follows it.
  struct Memory {
    trust::Attempts attempts;
    Time started;
  };

  PeerLoop(LoopParts parts, trust::RelationshipPtr relationship, trust::PollingPolicy policy, Memory memory);
  PeerLoop(const PeerLoop&) = delete;
  PeerLoop& operator=(const PeerLoop&) = delete;

  static void start(const std::shared_ptr<PeerLoop>& loop);  // polls at once
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
  Memory memory() const { return {attempts_, started_at_}; }
  trust::RelationshipStatus status() const;

 private:
  enum class Outcome { accepted, unchanged, not_modified };

  asio::awaitable<void> run();
  asio::awaitable<Result<Outcome>> attempt();
  asio::awaitable<Result<Outcome>> poll();
  asio::awaitable<Result<Outcome>> take(trust::Candidate candidate, std::string etag);
  asio::awaitable<void> until_due();
  Result<FetchRequest> next_request() const;
  Result<trust::Candidate> read(const FetchedDocument& document);
  void settle(Time attempted, const Result<Outcome>& outcome);
  void plan();
  void report_accepted(const trust::Accept& accepted) const;
  void report_ignored(const spiffe::IgnoredKeys& ignored);
  void report_success() const;
  void report_failure(const Error& error) const;
  void tell_metrics() const;
  trust::RecordPtr record() const;

  LoopParts parts_;
  trust::RelationshipPtr relationship_;
  trust::PollingPolicy policy_;
  std::unique_ptr<Fetcher> fetcher_;

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

  // The entity tag of what is held, good as long as it is this very bundle that is held.
  std::string etag_;
  spiffe::BundlePtr etag_bundle_;
  spiffe::IgnoredKeys ignored_;
};

}  // namespace entente::syncer
