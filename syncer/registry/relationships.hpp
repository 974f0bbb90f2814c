// Which relationships there are: those of the configuration and those that the admin API made. The syncer follows.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/log.hpp"
#include "common/store/ledger.hpp"
#include "syncer/peer/syncer.hpp"

namespace entente::syncer {

// Lives on the control thread; one change at a time, in the order they came. Every relationship is validated as a whole
// before anything is stored: Errc::invalid_argument names the field. Errc::permission_denied for one that the
// configuration keeps: the message names the file. What the configuration newly claims hides the API's of that name,
// with a warning, until it lets go of it.
class Relationships {
 public:
  Relationships(asio::any_io_executor control, Syncer& syncer, store::Ledger& ledger, Log& log);

  // At the start and at SIGHUP: only what differs reaches the syncer.
  asio::awaitable<void> configure(std::vector<trust::RelationshipPtr> of_config, std::string config_file,
                                  trust::PollingPolicy polling, trust::ChangePolicy default_policy);

  // Errc::already_exists.
  asio::awaitable<Status> create(trust::Relationship relationship, trust::Actor by);
  // Replaces the definition; the bundle held stays. Errc::not_found.
  asio::awaitable<Status> update(trust::Relationship relationship, trust::Actor by);
  // create() or update(), whichever applies.
  asio::awaitable<Status> set(trust::Relationship relationship, trust::Actor by);
  // Ends the polling and withdraws the bundle from everywhere (FC-16), whatever the store says; then removes the
  // definition durably, and completes. Where the store refuses that (its error), the relationship is ended for this
  // process, a restart would bring it back, and erase() may be called again. Errc::not_found.
  asio::awaitable<Status> erase(spiffe::TrustDomain trust_domain, trust::Actor by);

  // `listener` is called on the control thread whenever a relationship came, changed or went, after its bundle did.
  void on_change(std::function<void()> listener);

  // What holds, sorted by trust domain; O(n).
  std::vector<trust::RelationshipPtr> all() const;
  trust::RelationshipPtr find(const spiffe::TrustDomain& trust_domain) const;  // null: none. O(log n)
  std::size_t count() const;
  trust::ChangePolicy default_policy() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::syncer
