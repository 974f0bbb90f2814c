#include "server/poller_table.hpp"

#include <nlohmann/json.hpp>

namespace entente::server {
namespace {

constexpr std::size_t most_etags = 64;

}  // namespace

void PollerTable::publish(std::string_view etag, Time now) {
  const std::lock_guard lock(mutex_);
  if (!etags_.empty() && etags_.back() == etag) return;
  etags_.emplace_back(etag);
  if (etags_.size() > most_etags) etags_.pop_front();
  ++newest_;
  published_at_ = now;
}

void PollerTable::asked(Place& place, std::string_view if_none_match, std::string_view given, Time now) {
  if (if_none_match.starts_with("W/")) if_none_match.remove_prefix(2);
  const std::lock_guard lock(mutex_);
  Client& client = client_at(place);
  const std::uint32_t had = client.given;
  client.sent = number_of(if_none_match);
  client.given = number_of(given);
  client.last_asked = now;
  const bool repeats = client.sent != 0 && client.sent != had && had == client.given;
  client.repeats = repeats ? client.repeats + 1 : 0;
}

std::size_t PollerTable::size() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

// The first in the list from now on.
PollerTable::Client& PollerTable::client_at(Place& place) {
  const bool known = place.tenancy_ != 0 && clients_[place.slot_].tenancy == place.tenancy_;
  if (!known) {
    place.slot_ = slot_for(place.address_);
    place.tenancy_ = clients_[place.slot_].tenancy;
  }
  if (place.slot_ != first_) {
    take_out(place.slot_);
    put_first(place.slot_);
  }
  return clients_[place.slot_];
}

std::uint32_t PollerTable::slot_for(const ClientAddress& address) {
  const auto found = slots_.find(address);
  return found != slots_.end() ? found->second : new_slot(address);
}

std::uint32_t PollerTable::new_slot(const ClientAddress& address) {
  std::uint32_t slot = last_;
  if (clients_.size() < limit_) {
    slot = static_cast<std::uint32_t>(clients_.size());
    clients_.emplace_back();
  } else {
    take_out(slot);
    auto entry = slots_.extract(clients_[slot].address);  // its memory is used again
    entry.key() = address;
    slots_.insert(std::move(entry));
    clients_[slot] = Client();
    ++forgotten_;
  }
  if (++tenancies_ == 0) ++tenancies_;
  clients_[slot].address = address;
  clients_[slot].tenancy = tenancies_;
  slots_[address] = slot;
  put_first(slot);
  return slot;
}

void PollerTable::take_out(std::uint32_t slot) {
  const Client& client = clients_[slot];
  if (slot == last_) last_ = client.newer;
  if (slot == first_) first_ = client.older;
  if (client.newer != slot) clients_[client.newer].older = client.older == slot ? client.newer : client.older;
  if (client.older != slot) clients_[client.older].newer = client.newer == slot ? client.older : client.newer;
}

void PollerTable::put_first(std::uint32_t slot) {
  Client& client = clients_[slot];
  const bool alone = clients_.size() == 1;
  client.newer = slot;
  client.older = alone ? slot : first_;
  if (!alone) clients_[first_].newer = slot;
  if (alone) last_ = slot;
  first_ = slot;
}

// A polling client sends the one tag that it was given; what else a stranger sends is not looked into.
std::uint32_t PollerTable::number_of(std::string_view etag) const {
  if (etag.empty()) return 0;
  for (std::size_t age = 0; age < etags_.size(); ++age)
    if (etags_[etags_.size() - 1 - age] == etag) return newest_ - static_cast<std::uint32_t>(age);
  return 0;
}

// A copy of the list; to write it down takes longer than requests should wait.
PollerTable::View PollerTable::view() const {
  const std::lock_guard lock(mutex_);
  View view{etags_, newest_, published_at_, forgotten_, {}};
  view.clients.reserve(clients_.size());
  std::uint32_t slot = first_;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    view.clients.push_back(clients_[slot]);
    slot = clients_[slot].older;
  }
  return view;
}

std::string PollerTable::json() const {
  const View view = this->view();
  const auto etag_of = [&view](std::uint32_t number) -> nlohmann::json {
    const std::size_t age = view.newest - number;
    if (number == 0 || age >= view.etags.size()) return nullptr;
    const std::string& etag = view.etags[view.etags.size() - 1 - age];
    return etag.substr(1, etag.size() - 2);
  };
  nlohmann::ordered_json document = {{"since", format_time(since_)},
                                     {"etag", etag_of(view.newest)},
                                     {"published_at", nullptr},
                                     {"forgotten", view.forgotten},
                                     {"clients", nlohmann::ordered_json::array()}};
  if (view.newest != 0) document["published_at"] = format_time(view.published_at);
  for (const Client& client : view.clients)
    document["clients"].push_back({{"address", client.address.str()},
                                   {"last_asked", format_time(client.last_asked)},
                                   {"sent", etag_of(client.sent)},
                                   {"given", etag_of(client.given)},
                                   {"repeats", client.repeats}});
  return document.dump();
}

}  // namespace entente::server
