#include "syncer/registry/entries.hpp"

#include <algorithm>

#include "common/base/async_mutex.hpp"
#include "common/base/encoding.hpp"
#include "common/crypto/signature.hpp"
#include "syncer/peer/join.hpp"
#include "syncer/registry/check_entry.hpp"

namespace entente::syncer {
namespace {

using trust::RegistrationEntries;
using trust::RegistrationEntry;
using Made = Result<RegistrationEntry>;

// A random UUID (RFC 9562 5.4), as SPIRE gives them.
std::string new_id() {
  Bytes bytes = crypto::random_bytes(16);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  const std::string digits = hex_encode(bytes);
  const std::string_view view = digits;
  std::string text;
  for (const auto& [first, count] : {std::pair(0U, 8U), std::pair(8U, 4U), std::pair(12U, 4U), std::pair(16U, 4U)})
    text.append(view.substr(first, count)).append(1, '-');
  return text.append(view.substr(20));
}

auto by_id(const std::string& id) {
  return [&id](const RegistrationEntry& entry) { return entry.id == id; };
}

const RegistrationEntry* find_in(const RegistrationEntries& entries, const std::string& id) {
  const auto place = std::find_if(entries.begin(), entries.end(), by_id(id));
  return place == entries.end() ? nullptr : &*place;
}

const RegistrationEntry* find_alike(const RegistrationEntries& entries, const RegistrationEntry& entry) {
  const auto place = std::find_if(entries.begin(), entries.end(), [&](const RegistrationEntry& one) {
    return one.id != entry.id && alike(one, entry);
  });
  return place == entries.end() ? nullptr : &*place;
}

Error unknown(const std::string& id) { return Error(Errc::not_found, "id: there is no entry " + id); }

}  // namespace

struct Entries::Impl {
  Impl(asio::any_io_executor executor, spiffe::TrustDomain own_domain, store::Ledger& the_ledger, ApplyEntries put,
       Clock& the_clock, Log& the_log, EntryBounds within)
      : control(executor),
        own(std::move(own_domain)),
        ledger(the_ledger),
        apply(std::move(put)),
        clock(the_clock),
        log(the_log),
        bounds(std::move(within)),
        turns(std::move(executor)) {}

  asio::any_io_executor control;
  spiffe::TrustDomain own;
  store::Ledger& ledger;
  ApplyEntries apply;
  Clock& clock;
  Log& log;
  EntryBounds bounds;
  AsyncMutex turns;
  RegistrationEntries of_config, implied;
  std::string config_file;
  RegistrationEntries all;  // what is served

  RegistrationEntries merged(const RegistrationEntries& of_api) const;
  Status check_changeable(const std::string& id) const;
  Status check_unique(const RegistrationEntry& entry) const;
  asio::awaitable<Status> commit(RegistrationEntries of_api, store::RegistryChange change);
  void report(const char* event, const char* words, const RegistrationEntry& entry, const trust::Actor& by) const;

  using Self = std::shared_ptr<Impl>;
  static asio::awaitable<Status> configure(Self self, RegistrationEntries of_config, RegistrationEntries implied,
                                           std::string config_file);
  static asio::awaitable<Made> create(Self self, RegistrationEntry entry, trust::Actor by);
  static asio::awaitable<Made> update(Self self, RegistrationEntry entry, trust::Actor by);
  static asio::awaitable<Status> erase(Self self, std::string id, trust::Actor by);
};

RegistrationEntries Entries::Impl::merged(const RegistrationEntries& of_api) const {
  RegistrationEntries result = of_config;
  for (const RegistrationEntry& entry : of_api)
    if (!find_alike(of_config, entry)) result.push_back(entry);
  result.insert(result.end(), implied.begin(), implied.end());
  return result;
}

Status Entries::Impl::check_changeable(const std::string& id) const {
  if (find_in(of_config, id))
    return Error(Errc::permission_denied, "id: entry " + id + " is kept by the configuration file " + config_file +
                                              "; change it there, under `entries`, and send SIGHUP");
  if (find_in(implied, id))
    return Error(Errc::permission_denied,
                 "id: entry " + id + " follows from bundle_endpoint of the configuration file " + config_file);
  return ok();
}

Status Entries::Impl::check_unique(const RegistrationEntry& entry) const {
  for (const RegistrationEntries* entries : {&of_config, &ledger.entries(), &implied})
    if (const RegistrationEntry* other = find_alike(*entries, entry))
      return Error(Errc::already_exists, "entry " + other->id + " has the same SPIFFE ID, selectors and hint");
  return ok();
}

// In use first, so that nothing is stored that the issuer refuses; taken back where the store refuses.
asio::awaitable<Status> Entries::Impl::commit(RegistrationEntries of_api, store::RegistryChange change) {
  RegistrationEntries next = merged(of_api);
  auto applying = apply(next);
  const Status applied = co_await std::move(applying);
  if (!applied) co_return applied.error();
  std::vector<store::RegistryChange> changes;
  changes.push_back(std::move(change));
  const Status written = co_await ledger.write_registry(std::move(changes));
  if (written) {
    all = std::move(next);
    co_return ok();
  }
  auto restoring = apply(all);
  const Status restored = co_await std::move(restoring);
  if (!restored)
    log.error("an entry that was not stored is served until the next change", {{"error", restored.error().message()}});
  co_return written.error();
}

void Entries::Impl::report(const char* event, const char* words, const RegistrationEntry& entry,
                           const trust::Actor& by) const {
  log.info(words,
           {{"event", event}, {"id", entry.id}, {"spiffe_id", entry.spiffe_id.str()}, {"by", trust::describe(by)}});
}

asio::awaitable<Status> Entries::Impl::configure(Self self, RegistrationEntries of_config, RegistrationEntries implied,
                                                 std::string config_file) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  self->of_config.swap(of_config);
  self->implied.swap(implied);
  RegistrationEntries next = self->merged(self->ledger.entries());
  auto applying = self->apply(next);
  const Status applied = co_await std::move(applying);
  if (!applied) {
    self->of_config.swap(of_config);
    self->implied.swap(implied);
    co_return applied.error();
  }
  self->all = std::move(next);
  self->config_file = std::move(config_file);
  for (const RegistrationEntry& entry : self->ledger.entries()) {
    const RegistrationEntry* const other = find_alike(self->of_config, entry);
    const bool was_hidden = find_alike(of_config, entry);  // by what the configuration said before
    if (other && !was_hidden)
      self->log.warning("an entry made by the admin API is left out: the configuration has one like it",
                        {{"event", "entry_hidden"}, {"id", entry.id}, {"like", other->id}});
    if (was_hidden && !other)
      self->log.info("the entry made by the admin API holds again", {{"event", "entry_uncovered"}, {"id", entry.id}});
  }
  co_return ok();
}

asio::awaitable<Made> Entries::Impl::create(Self self, RegistrationEntry entry, trust::Actor by) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  if (const Status good = check_entry(entry, self->own, self->bounds); !good) co_return good.error();
  if (!entry.id.empty() && find_in(self->ledger.entries(), entry.id))
    co_return Error(Errc::already_exists, "id: there is an entry " + entry.id);
  if (const Status unique = self->check_unique(entry); !unique) co_return unique.error();
  if (entry.id.empty()) entry.id = new_id();
  entry.created_at = self->clock.now();
  entry.revision = 0;
  RegistrationEntries of_api = self->ledger.entries();
  of_api.push_back(entry);
  store::RegistryChange change = store::PutEntry{entry};
  const Status done = co_await self->commit(std::move(of_api), std::move(change));
  if (!done) co_return done.error();
  self->report("entry_created", "registration entry created", entry, by);
  co_return entry;
}

asio::awaitable<Made> Entries::Impl::update(Self self, RegistrationEntry entry, trust::Actor by) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  if (const Status changeable = self->check_changeable(entry.id); !changeable) co_return changeable.error();
  RegistrationEntries of_api = self->ledger.entries();
  const auto place = std::find_if(of_api.begin(), of_api.end(), by_id(entry.id));
  if (place == of_api.end()) co_return unknown(entry.id);
  if (const Status good = check_entry(entry, self->own, self->bounds); !good) co_return good.error();
  if (const Status unique = self->check_unique(entry); !unique) co_return unique.error();
  entry.created_at = place->created_at;
  entry.revision = place->revision + 1;
  *place = entry;
  store::RegistryChange change = store::PutEntry{entry};
  const Status done = co_await self->commit(std::move(of_api), std::move(change));
  if (!done) co_return done.error();
  self->report("entry_updated", "registration entry updated", entry, by);
  co_return entry;
}

asio::awaitable<Status> Entries::Impl::erase(Self self, std::string id, trust::Actor by) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  if (const Status changeable = self->check_changeable(id); !changeable) co_return changeable.error();
  RegistrationEntries of_api = self->ledger.entries();
  const auto place = std::find_if(of_api.begin(), of_api.end(), by_id(id));
  if (place == of_api.end()) co_return unknown(id);
  const RegistrationEntry entry = *place;
  of_api.erase(place);
  store::RegistryChange change = store::RemoveEntry{id};
  const Status done = co_await self->commit(std::move(of_api), std::move(change));
  if (!done) co_return done.error();
  self->report("entry_deleted", "registration entry deleted", entry, by);
  co_return ok();
}

Entries::Entries(asio::any_io_executor control, spiffe::TrustDomain own, store::Ledger& ledger, ApplyEntries apply,
                 Clock& clock, Log& log, EntryBounds bounds)
    : impl_(std::make_shared<Impl>(std::move(control), std::move(own), ledger, std::move(apply), clock, log,
                                   std::move(bounds))) {}

asio::awaitable<Status> Entries::configure(RegistrationEntries of_config, RegistrationEntries implied,
                                           std::string config_file) {
  const auto impl = impl_;
  auto task = Impl::configure(impl, std::move(of_config), std::move(implied), std::move(config_file));
  co_return co_await carry_through(impl->control, std::move(task));
}

asio::awaitable<Made> Entries::create(RegistrationEntry entry, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::create(impl, std::move(entry), std::move(by));
  co_return co_await carry_through(impl->control, std::move(task));
}

asio::awaitable<Made> Entries::update(RegistrationEntry entry, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::update(impl, std::move(entry), std::move(by));
  co_return co_await carry_through(impl->control, std::move(task));
}

asio::awaitable<Status> Entries::erase(std::string id, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::erase(impl, std::move(id), std::move(by));
  co_return co_await carry_through(impl->control, std::move(task));
}

const RegistrationEntries& Entries::all() const { return impl_->all; }

const RegistrationEntry* Entries::find(const std::string& id) const {
  const RegistrationEntry* served = find_in(impl_->all, id);
  return served ? served : find_in(impl_->ledger.entries(), id);
}

std::vector<std::string> Entries::federating_with(const spiffe::TrustDomain& trust_domain) const {
  std::vector<std::string> ids;
  for (const RegistrationEntry& entry : impl_->all) {
    if (!entry.federates_with) continue;
    const auto& peers = *entry.federates_with;
    if (std::find(peers.begin(), peers.end(), trust_domain) != peers.end()) ids.push_back(entry.id);
  }
  return ids;
}

bool Entries::of_config(const std::string& id) const { return find_in(impl_->of_config, id) != nullptr; }

}  // namespace entente::syncer
