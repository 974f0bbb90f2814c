#include "syncer/admin/bundle_changes.hpp"

#include <algorithm>

#include "syncer/admin/bundle_messages.hpp"
#include "syncer/admin/waiting_polls.hpp"

namespace entente::syncer {

namespace types = spire::api::types;

Result<spiffe::TrustDomain> BundleChanges::other_domain(const std::string& name, const char* doing) const {
  Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", name);
  if (!domain) return domain.error();
  if (parts_.ledger.current()->own == *domain)
    return Error(Errc::invalid_argument, "trust_domain: " + std::string(doing) +
                                             " the bundle of this server's own trust domain is not allowed");
  return domain;
}

BundleChanges::Given BundleChanges::give(spiffe::Bundle bundle, const char* doing, trust::Actor by) {
  spiffe::BundlePtr given = std::make_shared<const spiffe::Bundle>(std::move(bundle));
  const Status done = co_await parts_.operators.give(given, std::move(by));
  if (!done) co_return done.error().within(doing);
  poll_who_waits_for(parts_, given->trust_domain);
  const trust::RecordPtr in_use = parts_.ledger.current()->find(given->trust_domain);
  co_return in_use ? in_use->bundle : given;
}

BundleChanges::Given BundleChanges::create(const types::Bundle& message, trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = other_domain(message.trust_domain(), "creating");
  if (!domain) co_return domain.error();
  Result<spiffe::Bundle> bundle = bundle_from(message, parts_.clock.now());
  if (!bundle) co_return bundle.error().within("failed to convert bundle");
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  if (parts_.ledger.current()->find(*domain))
    co_return Error(Errc::already_exists, "bundle already exists: " + domain->name());
  co_return co_await give(std::move(*bundle), "unable to create bundle", std::move(by));
}

BundleChanges::Given BundleChanges::update(const types::Bundle& message, const types::BundleMask* mask,
                                           trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = other_domain(message.trust_domain(), "updating");
  if (!domain) co_return domain.error();
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  const trust::RecordPtr current = parts_.ledger.current()->find(*domain);
  if (!current) co_return Error(Errc::not_found, "bundle not found: " + domain->name());
  Result<spiffe::Bundle> bundle = changed(*current->bundle, message, mask, parts_.clock.now());
  if (!bundle) co_return bundle.error().within("failed to convert bundle");
  co_return co_await give(std::move(*bundle), "failed to update bundle", std::move(by));
}

BundleChanges::Given BundleChanges::set(const types::Bundle& message, trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = other_domain(message.trust_domain(), "setting");
  if (!domain) co_return domain.error();
  Result<spiffe::Bundle> bundle = bundle_from(message, parts_.clock.now());
  if (!bundle) co_return bundle.error().within("failed to convert bundle");
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  co_return co_await give(std::move(*bundle), "failed to set bundle", std::move(by));
}

asio::awaitable<Status> BundleChanges::erase(const std::string& trust_domain, DeleteMode mode, trust::Actor by) {
  const char* const doing = "failed to delete federated bundle";
  const Result<spiffe::TrustDomain> domain = other_domain(trust_domain, "removing");
  if (!domain) co_return domain.error();
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  if (!parts_.ledger.current()->find(*domain)) co_return Error(Errc::not_found, "bundle not found: " + domain->name());
  const Status released = co_await release_entries(*domain, mode, by);
  if (!released) co_return released.error().within(doing);
  const bool goes_on = parts_.relationships.find(*domain) != nullptr;
  const Status withdrawn =
      co_await parts_.operators.withdraw(*domain, goes_on, "deleted over the admin API", std::move(by));
  if (!withdrawn) co_return withdrawn.error().within(doing);
  co_return ok();
}

asio::awaitable<Status> BundleChanges::release_entries(spiffe::TrustDomain domain, DeleteMode mode, trust::Actor by) {
  if (!parts_.entries) co_return ok();
  const std::vector<std::string> ids = parts_.entries->federating_with(domain);
  if (ids.empty()) co_return ok();
  if (mode == DeleteMode::restrict_)
    co_return Error(Errc::conflict,
                    "cannot delete bundle; federated with " + std::to_string(ids.size()) + " registration entries");
  for (const std::string& id : ids)
    if (parts_.entries->of_config(id))
      co_return Error(Errc::permission_denied, "entry " + id + " federates with " + domain.name() +
                                                   " and is kept by the configuration file: change it there");
  for (const std::string& id : ids) {
    const Status released = co_await release_entry(id, domain, mode, by);
    if (!released) co_return released.error().within("entry " + id);
  }
  co_return ok();
}

asio::awaitable<Status> BundleChanges::release_entry(std::string id, spiffe::TrustDomain domain, DeleteMode mode,
                                                     trust::Actor by) {
  if (mode == DeleteMode::delete_) co_return co_await parts_.entries->erase(std::move(id), std::move(by));
  const trust::RegistrationEntry* const found = parts_.entries->find(id);
  if (!found || !found->federates_with) co_return ok();
  trust::RegistrationEntry entry = *found;
  std::erase(*entry.federates_with, domain);
  const Result<trust::RegistrationEntry> updated = co_await parts_.entries->update(std::move(entry), std::move(by));
  if (!updated) co_return updated.error();
  co_return ok();
}

}  // namespace entente::syncer
