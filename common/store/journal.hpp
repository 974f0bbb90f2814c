// What happened and is not in the store yet, without I/O: history entries get their numbers here and stay until the
// store has them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/store/store.hpp"

namespace entente::store {

// Over all trust domains. What comes while the store refuses and is more than this costs the oldest refusals first
// (they changed nothing), and only then the oldest of the rest.
inline constexpr std::size_t most_unwritten_events = 10'000;

// Used from one thread.
class Journal {
 public:
  explicit Journal(std::size_t most = most_unwritten_events) : most_(most) {}

  // The newest number in each history that the store held at the start.
  void seed(std::map<spiffe::TrustDomain, std::uint64_t> last) { last_ = std::move(last); }

  // Gives the entry its number.
  trust::HistoryEntryPtr add(trust::HistoryEntry event);

  // All that the store does not have, in the order it came. One batch at a time: settle() it before the next.
  std::vector<trust::HistoryEntryPtr> take_batch();
  void settle(const std::vector<Status>& outcomes);

  // Oldest first.
  std::vector<trust::HistoryEntryPtr> unwritten(const spiffe::TrustDomain& trust_domain,
                                                const HistoryQuery& query) const;
  std::size_t size() const { return events_.size(); }
  std::size_t dropped() const { return dropped_; }  // entries that were given up since the start

 private:
  void drop_one();

  std::size_t most_;
  std::map<spiffe::TrustDomain, std::uint64_t> last_;       // outlives the trust domain's bundle: numbers never repeat
  std::map<std::uint64_t, trust::HistoryEntryPtr> events_;  // by their arrival
  std::set<std::uint64_t> refusals_;                        // the arrivals of those that changed nothing
  std::vector<std::uint64_t> batch_;
  std::uint64_t arrivals_ = 0;
  std::size_t dropped_ = 0;
};

// What of `stored` and `unwritten`, both oldest first, answers the query: each number once.
std::vector<trust::HistoryEntryPtr> merge_history(std::vector<trust::HistoryEntryPtr> stored,
                                                  const std::vector<trust::HistoryEntryPtr>& unwritten,
                                                  std::size_t limit);

}  // namespace entente::store
