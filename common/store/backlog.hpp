// The ledger's books, without I/O: per trust domain what was accepted last, what readers see, and what the store holds.
// Every change gets a number; whatever happens to it later is compared by that number, so nothing old overtakes
// anything newer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/store/store.hpp"

namespace entente::store {

// A change by its number; the record is null for a withdrawal.
struct Numbered {
  spiffe::TrustDomain trust_domain;
  std::uint64_t number = 0;
  trust::RecordPtr record;
};

// What the store said about a change.
struct Settled {
  Numbered change;
  std::optional<Error> refusal;  // null: the store holds it
};

// Used from one thread.
class Backlog {
 public:
  // What the store held at the start; `record` is null where it could not be read.
  void seed(const spiffe::TrustDomain& trust_domain, trust::RecordPtr record, std::uint64_t stored_revision);

  // The revision that the next change must expect: of what was accepted last, written or not; 0 for none.
  std::uint64_t revision(const spiffe::TrustDomain& trust_domain) const;
  // Whether there is something to withdraw: in use, or stored and not even readable.
  bool holds_anything(const spiffe::TrustDomain& trust_domain) const { return domains_.contains(trust_domain); }
  Numbered accept(const spiffe::TrustDomain& trust_domain, trust::RecordPtr record);

  // Notes that readers see the change; false when they see this one or a newer one already.
  bool show(const Numbered& change);

  // The newest of each trust domain that the store does not hold: one change each, however many were accepted since,
  // from what the store holds. One batch at a time: settle() it before the next.
  std::vector<Change> take_batch();
  std::vector<Settled> settle(const std::vector<Status>& outcomes);

  // Whether the store holds what readers see.
  bool persisted(const spiffe::TrustDomain& trust_domain) const;
  // The trust domains of which the store does not hold what readers see.
  std::vector<std::string> in_use_unwritten() const;

 private:
  struct Domain {
    trust::RecordPtr newest;
    std::uint64_t newest_number = 0, visible_number = 0, stored_number = 0;
    std::uint64_t stored_revision = 0;
    bool persisted() const { return stored_number >= visible_number; }
  };

  void forget_if_gone(const spiffe::TrustDomain& trust_domain);

  std::map<spiffe::TrustDomain, Domain> domains_;
  std::set<spiffe::TrustDomain> unwritten_;
  std::vector<Numbered> batch_;
  std::uint64_t last_number_ = 0;
};

}  // namespace entente::store
