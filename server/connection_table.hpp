// Who may connect: the count of connections, in all and per address, and which one yields to a newcomer. Without I/O.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>

#include "server/client_address.hpp"

namespace entente::server {

class ConnectionTable {
 public:
  using Id = std::uint64_t;

  ConnectionTable(std::size_t limit, std::size_t limit_per_address)
      : limit_(limit), limit_per_address_(limit_per_address) {}

  // No id: refused. `yields` has left the table and is to be closed. Where the address is full, the oldest idle
  // connection of that address yields; where the table is full, the oldest of all. Nobody yields who is being served.
  struct Admission {
    std::optional<Id> id, yields;
  };
  Admission admit(const ClientAddress& from);

  // A newcomer is busy. Idle since the latest set_idle(). An id that has left is passed over.
  void set_idle(Id id);
  void set_busy(Id id);
  void remove(Id id);

  // The oldest idle connection leaves the table, for want of something else than places.
  std::optional<Id> yield_oldest_idle();

  std::size_t size() const { return entries_.size(); }

 private:
  struct Address {
    std::size_t count = 0;
    std::list<Id> idle;
  };
  struct Entry {
    ClientAddress key;
    bool idle = false;
    std::list<Id>::iterator in_all, in_address;
  };
  std::optional<Id> yield(std::list<Id>& idle);

  std::size_t limit_, limit_per_address_;
  Id last_ = 0;
  std::list<Id> idle_;  // oldest first, as in each address
  std::map<ClientAddress, Address> addresses_;
  std::unordered_map<Id, Entry> entries_;
};

}  // namespace entente::server
