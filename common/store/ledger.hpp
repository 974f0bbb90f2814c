// The one way in which a bundle changes: apply(trust domain, expected revision, change). Keeps what is in use in
// memory, has it written by the store's own thread, and publishes snapshots to whoever subscribed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/store/feed.hpp"
#include "common/store/store.hpp"
#include "common/trust/snapshot.hpp"

namespace entente::store {

namespace asio = boost::asio;

// What apply() did. The change is in use in either case.
struct Applied {
  trust::RecordPtr record;  // as it is now in use; null after a withdrawal
  bool persisted = true;    // false: the store refused, writing is being retried
};

struct StoreHealth {
  std::size_t unwritten = 0;            // trust domains of which the store does not hold what is in use
  std::optional<Error> last_error;      // null while the store takes everything
  std::vector<std::string> unreadable;  // trust domains whose record could not be read, until a change replaces it
  std::vector<std::string> unreadable_definitions;  // "relationship b.test", likewise
  std::size_t unwritten_events = 0;                 // history entries that the store does not have yet
  std::size_t lost_events = 0;                      // given up, as the store refused for too long
};

// Created, used and destroyed on one io_context's thread (the control thread), but for feed() and current(), which any
// thread may call. Owns the store and its one writer thread; a store that hangs never holds up the control thread.
// Changes that come while the store is busy are written together, as one transaction, and only the newest of each trust
// domain (but all of their events). What the store refused is tried again after 1 s, then 2 s, 4 s, up to every 30 s,
// and with each new change. Errc::conflict from the store itself (somebody else writes to it) concerns that trust
// domain alone; it is logged, shown in health() and retried like any other refusal.
class Ledger {
 public:
  // Blocks: loads every record. Records are visible as soon as it returns. A record that cannot be read is logged and
  // listed in health(); its trust domain counts as not held.
  static Result<std::unique_ptr<Ledger>> open(asio::any_io_executor control, std::unique_ptr<Store> store,
                                              std::optional<spiffe::TrustDomain> own, Clock& clock, Log& log);
  ~Ledger();  // blocks: waits for the write that is under way; tries once more what is unwritten, and logs what is lost
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  trust::SnapshotPtr current() const;
  Feed& feed();

  // Puts `record` in use (its revision becomes expected_revision + 1) or, when null, withdraws the trust domain.
  // Errc::conflict when the trust domain is at another revision, a change still being written included: look again,
  // decide again. An acceptance becomes visible when the store holds it, and at the latest after two seconds or when
  // the store refuses; a withdrawal, and a bundle that lacks an authority held before, at once. Completes when the
  // store has answered, and at the latest after two seconds. A change stands even if the caller is cancelled.
  // `event` goes on record in the same transaction; its number and, where it has none, its time are given here. Null
  // only where nothing happened that a person would look for (a bootstrap bundle noted as seen).
  asio::awaitable<Result<Applied>> apply(spiffe::TrustDomain trust_domain, std::uint64_t expected_revision,
                                         std::optional<trust::BundleRecord> record,
                                         std::optional<trust::HistoryEntry> event);

  // Puts on record what changed nothing (a refusal). Returns at once; written like everything else, but while the store
  // refuses only with what else is tried. Of what is unwritten at most 10,000 events are kept over all, in memory.
  void note(trust::HistoryEntry event);

  // Oldest first, with what the store has not written yet. Errc::store when it cannot be read, or not within five
  // seconds. An entry that cannot be read is left out, and logged.
  asio::awaitable<Result<std::vector<trust::HistoryEntryPtr>>> history(spiffe::TrustDomain trust_domain,
                                                                       HistoryQuery query);

  // Applied at once and then daily, and to the number also whenever a history exceeds it by a tenth. Before the first
  // call the number is that of HistoryLimits' own default.
  void set_history_limits(const trust::HistoryLimits& limits);

  // Relationships and entries that the admin API made, as the store has them.
  const std::map<spiffe::TrustDomain, trust::RelationshipPtr>& relationships() const;
  const trust::RegistrationEntries& entries() const;  // in the order of their creation
  // Whether the store has a relationship of this name that cannot be read: it is not among the above, and yet nobody
  // ended it.
  bool has_unreadable_relationship(const spiffe::TrustDomain& trust_domain) const;
  // All of them or none. Unlike bundles they count only once the store has them: an error means that nothing changed
  // and nothing will. One call at a time makes sense to its callers: they decide on what they read above. Written in
  // the order of the calls. While the store hangs on something else a call waits for at most five seconds; once its own
  // write is under way it waits for the answer, and a caller that is cancelled then finds out only above what became of
  // it.
  asio::awaitable<Status> write_registry(std::vector<RegistryChange> changes);

  // Whether the store holds what is in use for this trust domain. A write that is on its way counts: false once the
  // store has refused it, or has not answered within two seconds.
  bool persisted(const spiffe::TrustDomain& trust_domain) const;
  StoreHealth health() const;

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::store
