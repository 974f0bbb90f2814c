// Who lately asked our endpoint for the bundle, and which one each has: what an operator wants to know before a new
// authority is used. Without I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "server/client_address.hpp"

namespace entente::server {

// Thread-safe. What strangers can make it hold is bounded: `limit` addresses of about 150 bytes each (1.5 MB at
// 10,000), the one that has not asked for the longest makes room; and the last 64 of our own ETags, never one of
// theirs. A request costs one uncontended lock and a comparison of ETags, and, from an address that its connection has
// named before, neither a search nor memory; a new connection's first request a search among `limit`.
class PollerTable {
 public:
  explicit PollerTable(Time since, std::size_t limit = 10000) : since_(since), limit_(limit < 1 ? 1 : limit) {}

  // Where a connection's address stands. One for each connection, kept by it.
  class Place {
   public:
    explicit Place(ClientAddress address) : address_(address) {}

   private:
    friend class PollerTable;
    ClientAddress address_;
    std::uint32_t slot_ = 0;
    std::uint32_t tenancy_ = 0;  // of the slot: 0 is nobody's
  };

  // The bundle that is served from now on: its ETag, in quotes.
  void publish(std::string_view etag, Time now);
  // A request was answered with the bundle (200) or its ETag (304). `if_none_match`: as it was sent; `given`: the ETag
  // of the answer, in quotes.
  void asked(Place& place, std::string_view if_none_match, std::string_view given, Time now);

  std::size_t size() const;

  // {"since", "etag", "published_at", "forgotten", "clients": [{"address", "last_asked", "sent", "given", "repeats"}]},
  // the latest to ask first. ETags without their quotes, null where there is none or it is not ours; `forgotten`: how
  // many addresses had to make room; `repeats`: how often the client has lately asked again with an ETag other than the
  // one it was given, which tells one that does not take our bundle (or several clients behind one address).
  std::string json() const;

 private:
  struct Client {
    ClientAddress address;
    Time last_asked;
    std::uint32_t sent = 0, given = 0;  // numbers of our ETags; 0: none
    std::uint32_t repeats = 0;
    std::uint32_t tenancy = 0;
    std::uint32_t newer = 0, older = 0;  // slots, by last_asked; the list's ends point to themselves
  };
  Client& client_at(Place& place);
  std::uint32_t slot_for(const ClientAddress& address);
  std::uint32_t new_slot(const ClientAddress& address);
  void take_out(std::uint32_t slot);
  void put_first(std::uint32_t slot);
  std::uint32_t number_of(std::string_view etag) const;
  struct View {
    std::deque<std::string> etags;
    std::uint32_t newest;
    Time published_at;
    std::uint64_t forgotten;
    std::vector<Client> clients;  // the latest to ask first
  };
  View view() const;

  mutable std::mutex mutex_;
  const Time since_;
  const std::size_t limit_;
  std::deque<std::string> etags_;  // ours, the newest last
  std::uint32_t newest_ = 0;       // number of the newest
  Time published_at_;
  std::vector<Client> clients_;  // by slot
  std::map<ClientAddress, std::uint32_t> slots_;
  std::uint32_t first_ = 0, last_ = 0;  // the latest to ask, and the one that makes room
  std::uint64_t forgotten_ = 0;
  std::uint32_t tenancies_ = 0;
};

}  // namespace entente::server
