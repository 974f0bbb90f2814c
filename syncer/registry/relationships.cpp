#include "syncer/registry/relationships.hpp"

#include <map>
#include <set>

#include "common/base/async_mutex.hpp"
#include "syncer/peer/join.hpp"
#include "syncer/registry/check_relationship.hpp"

namespace entente::syncer {
namespace {

using trust::RelationshipPtr;
using ByName = std::map<spiffe::TrustDomain, RelationshipPtr>;

enum class Demand { create, update, either };

Error not_removed(const spiffe::TrustDomain& trust_domain, const Error& why) {
  std::string text = trust_domain.name();
  text.append(" is polled no more and its bundle is withdrawn, but its definition could not be removed: ");
  text.append(why.message());
  text.append("; a restart would bring the relationship back: run the delete again");
  return Error(why.code(), std::move(text));
}

std::string urls_of(const trust::Relationship& relationship) {
  std::string text;
  for (const trust::EndpointUrl& url : relationship.endpoint_urls) text += (text.empty() ? "" : ",") + url.str();
  return text;
}

Error bundle_not_taken(const spiffe::TrustDomain& trust_domain, bool updated, const Error& why) {
  std::string text = "the relationship with ";
  text.append(trust_domain.name()).append(updated ? " was updated" : " was created");
  text.append(", but the bundle given with it was not taken: ").append(why.message());
  return Error(why.code(), std::move(text));
}

}  // namespace

struct Relationships::Impl {
  Impl(asio::any_io_executor executor, Syncer& of_peers, store::Ledger& the_ledger, Log& the_log)
      : control(executor), syncer(of_peers), ledger(the_ledger), log(the_log), turns(std::move(executor)) {}

  asio::any_io_executor control;
  Syncer& syncer;
  store::Ledger& ledger;
  Log& log;
  AsyncMutex turns;
  ByName of_config;
  std::string config_file;
  trust::ChangePolicy default_policy = trust::ChangePolicy::accept;
  std::vector<std::function<void()>> listeners;
  std::set<spiffe::TrustDomain> ended;  // by a delete, of the API's, while the store would not let go of them

  const ByName& of_api() const { return ledger.relationships(); }
  bool in_force(const spiffe::TrustDomain& trust_domain) const {
    return of_api().contains(trust_domain) && !ended.contains(trust_domain);
  }
  Status check_free(const spiffe::TrustDomain& trust_domain) const;
  void report_hidden(const ByName& before) const;
  void tell() const;

  static asio::awaitable<Status> configure(std::shared_ptr<Impl> self, ByName of_config, std::string config_file,
                                           trust::PollingPolicy polling, trust::ChangePolicy default_policy);
  static asio::awaitable<Status> write(std::shared_ptr<Impl> self, trust::Relationship wanted, trust::Actor by,
                                       Demand demand);
  static asio::awaitable<Status> erase(std::shared_ptr<Impl> self, spiffe::TrustDomain trust_domain, trust::Actor by);
  std::vector<RelationshipPtr> all() const;
};

Status Relationships::Impl::check_free(const spiffe::TrustDomain& trust_domain) const {
  if (!of_config.contains(trust_domain)) return ok();
  return Error(Errc::permission_denied, "trust_domain: the relationship with " + trust_domain.name() +
                                            " is kept by the configuration file " + config_file +
                                            "; change it there, under `federation`, and send SIGHUP");
}

// What the configuration claims, and what it lets go of, among the API's.
void Relationships::Impl::report_hidden(const ByName& before) const {
  for (const auto& [trust_domain, relationship] : of_api()) {
    if (!in_force(trust_domain)) continue;
    const bool was_hidden = before.contains(trust_domain), hidden = of_config.contains(trust_domain);
    if (hidden && !was_hidden)
      log.warning("a relationship made by the admin API is hidden by the configuration's of the same name",
                  {{"event", "relationship_hidden"}, {"td", trust_domain.name()}, {"file", config_file}});
    if (was_hidden && !hidden)
      log.info("the relationship made by the admin API holds again",
               {{"event", "relationship_uncovered"}, {"td", trust_domain.name()}});
  }
}

void Relationships::Impl::tell() const {
  for (const auto& listener : listeners) listener();
}

std::vector<RelationshipPtr> Relationships::Impl::all() const {
  ByName merged = of_config;
  for (const auto& [trust_domain, relationship] : of_api())
    if (in_force(trust_domain)) merged.try_emplace(trust_domain, relationship);
  std::vector<RelationshipPtr> result;
  result.reserve(merged.size());
  for (auto& [trust_domain, relationship] : merged) result.push_back(relationship);
  return result;
}

asio::awaitable<Status> Relationships::Impl::configure(std::shared_ptr<Impl> self, ByName of_config,
                                                       std::string config_file, trust::PollingPolicy polling,
                                                       trust::ChangePolicy default_policy) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  self->of_config.swap(of_config);
  self->config_file = std::move(config_file);
  self->default_policy = default_policy;
  self->report_hidden(of_config);
  self->syncer.set_default_policy(default_policy);
  co_await self->syncer.set_relationships(self->all(), polling);
  self->tell();
  co_return ok();
}

asio::awaitable<Status> Relationships::Impl::write(std::shared_ptr<Impl> self, trust::Relationship wanted,
                                                   trust::Actor by, Demand demand) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  const spiffe::TrustDomain trust_domain = wanted.trust_domain;
  if (const Status good = check_relationship(wanted, self->ledger.current()->own); !good) co_return good.error();
  if (const Status free = self->check_free(trust_domain); !free) co_return free.error();
  const bool known = self->in_force(trust_domain);
  if (known && demand == Demand::create)
    co_return Error(Errc::already_exists, "trust_domain: there is a relationship with " + trust_domain.name());
  if (!known && demand == Demand::update)
    co_return Error(Errc::not_found, "trust_domain: there is no relationship with " + trust_domain.name());
  wanted.source = trust::RelationshipSource::api;
  const auto relationship = std::make_shared<const trust::Relationship>(std::move(wanted));
  std::vector<store::RegistryChange> changes{store::PutRelationship{relationship}};
  const Status written = co_await self->ledger.write_registry(std::move(changes));
  if (!written) co_return written.error();
  self->ended.erase(trust_domain);
  const Status begun = co_await self->syncer.put(relationship, by);
  self->tell();
  self->log.info(known ? "relationship updated" : "relationship created",
                 {{"event", known ? "relationship_updated" : "relationship_created"},
                  {"td", trust_domain.name()},
                  {"url", urls_of(*relationship)},
                  {"profile", trust::profile_name(relationship->profile)},
                  {"by", trust::describe(by)}});
  co_return begun ? ok() : Status(bundle_not_taken(trust_domain, known, begun.error()));
}

// What is served ends first: no disk holds up the end of trust. A definition that the store does not let go of is
// polled no more by this process, and whoever asked is told that he is not done.
asio::awaitable<Status> Relationships::Impl::erase(std::shared_ptr<Impl> self, spiffe::TrustDomain trust_domain,
                                                   trust::Actor by) {
  const Result<AsyncMutex::Lock> turn = co_await self->turns.lock();
  if (!turn) co_return turn.error();
  if (const Status free = self->check_free(trust_domain); !free) co_return free.error();
  // One that cannot be read can be deleted, or nobody would ever be rid of it.
  const bool readable = self->of_api().contains(trust_domain);
  if (!readable && !self->ledger.has_unreadable_relationship(trust_domain))
    co_return Error(Errc::not_found, "trust_domain: there is no relationship with " + trust_domain.name());
  co_await self->syncer.erase(trust_domain, by);
  std::vector<store::RegistryChange> changes{store::RemoveRelationship{trust_domain}};
  const Status written = co_await self->ledger.write_registry(std::move(changes));
  if (!written) {
    if (readable) self->ended.insert(trust_domain);
    self->tell();
    self->log.error("a deleted relationship is still in the store: a restart would bring it back",
                    {{"event", "relationship_not_removed"},
                     {"td", trust_domain.name()},
                     {"error", written.error().message()},
                     {"by", trust::describe(by)}});
    co_return not_removed(trust_domain, written.error());
  }
  self->ended.erase(trust_domain);
  self->tell();
  self->log.info("relationship deleted",
                 {{"event", "relationship_deleted"}, {"td", trust_domain.name()}, {"by", trust::describe(by)}});
  co_return ok();
}

Relationships::Relationships(asio::any_io_executor control, Syncer& syncer, store::Ledger& ledger, Log& log)
    : impl_(std::make_shared<Impl>(std::move(control), syncer, ledger, log)) {}

asio::awaitable<void> Relationships::configure(std::vector<trust::RelationshipPtr> of_config, std::string config_file,
                                               trust::PollingPolicy polling, trust::ChangePolicy default_policy) {
  const auto impl = impl_;
  ByName by_name;
  for (RelationshipPtr& relationship : of_config) by_name[relationship->trust_domain] = std::move(relationship);
  auto task = Impl::configure(impl, std::move(by_name), std::move(config_file), polling, default_policy);
  const Status done = co_await carry_through(impl->control, std::move(task));
  static_cast<void>(done);
}

asio::awaitable<Status> Relationships::create(trust::Relationship relationship, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::write(impl, std::move(relationship), std::move(by), Demand::create);
  co_return co_await carry_through(impl->control, std::move(task));
}

asio::awaitable<Status> Relationships::update(trust::Relationship relationship, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::write(impl, std::move(relationship), std::move(by), Demand::update);
  co_return co_await carry_through(impl->control, std::move(task));
}

asio::awaitable<Status> Relationships::set(trust::Relationship relationship, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::write(impl, std::move(relationship), std::move(by), Demand::either);
  co_return co_await carry_through(impl->control, std::move(task));
}

asio::awaitable<Status> Relationships::erase(spiffe::TrustDomain trust_domain, trust::Actor by) {
  const auto impl = impl_;
  auto task = Impl::erase(impl, std::move(trust_domain), std::move(by));
  co_return co_await carry_through(impl->control, std::move(task));
}

void Relationships::on_change(std::function<void()> listener) { impl_->listeners.push_back(std::move(listener)); }

std::vector<trust::RelationshipPtr> Relationships::all() const { return impl_->all(); }

trust::RelationshipPtr Relationships::find(const spiffe::TrustDomain& trust_domain) const {
  const auto of_config = impl_->of_config.find(trust_domain);
  if (of_config != impl_->of_config.end()) return of_config->second;
  return impl_->in_force(trust_domain) ? impl_->of_api().at(trust_domain) : nullptr;
}

std::size_t Relationships::count() const {
  std::size_t count = impl_->of_config.size();
  for (const auto& [trust_domain, relationship] : impl_->of_api())
    count += impl_->in_force(trust_domain) && !impl_->of_config.contains(trust_domain) ? 1 : 0;
  return count;
}

trust::ChangePolicy Relationships::default_policy() const { return impl_->default_policy; }

}  // namespace entente::syncer
