#include "server/connection_table.hpp"

namespace entente::server {

ConnectionTable::Admission ConnectionTable::admit(const ClientAddress& from) {
  Admission admission;
  const auto known = addresses_.find(from);
  if (known != addresses_.end() && known->second.count >= limit_per_address_) {
    admission.yields = yield(known->second.idle);
    if (!admission.yields) return admission;
  }
  if (entries_.size() >= limit_) {
    admission.yields = yield(idle_);
    if (!admission.yields) return admission;
  }
  admission.id = ++last_;
  entries_[last_].key = from;
  ++addresses_[from].count;
  return admission;
}

std::optional<ConnectionTable::Id> ConnectionTable::yield(std::list<Id>& idle) {
  if (idle.empty()) return std::nullopt;
  const Id oldest = idle.front();
  remove(oldest);
  return oldest;
}

std::optional<ConnectionTable::Id> ConnectionTable::yield_oldest_idle() { return yield(idle_); }

void ConnectionTable::set_idle(Id id) {
  set_busy(id);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  std::list<Id>& of_address = addresses_[entry.key].idle;
  entry.idle = true;
  entry.in_all = idle_.insert(idle_.end(), id);
  entry.in_address = of_address.insert(of_address.end(), id);
}

void ConnectionTable::set_busy(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.idle) return;
  idle_.erase(found->second.in_all);
  addresses_[found->second.key].idle.erase(found->second.in_address);
  found->second.idle = false;
}

void ConnectionTable::remove(Id id) {
  set_busy(id);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const auto address = addresses_.find(found->second.key);
  if (--address->second.count == 0) addresses_.erase(address);
  entries_.erase(found);
}

}  // namespace entente::server
