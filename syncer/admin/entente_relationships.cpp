#include "syncer/admin/entente_relationships.hpp"

#include <boost/asio/co_spawn.hpp>

#include "common/base/event.hpp"
#include "syncer/admin/entente_fields.hpp"
#include "syncer/admin/messages.hpp"
#include "syncer/peer/join.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

Error not_federated(const spiffe::TrustDomain& domain) {
  return Error(Errc::not_found, domain.name() + " is not federated");
}
Error no_definition() { return Error(Errc::invalid_argument, "definition: missing"); }

using Outcomes = std::vector<std::optional<trust::RelationshipStatus>>;

asio::awaitable<void> refresh_one(Syncer& syncer, spiffe::TrustDomain domain, std::shared_ptr<Outcomes> outcomes,
                                  std::size_t place) {
  Result<trust::RelationshipStatus> outcome = co_await syncer.refresh(std::move(domain));
  if (outcome) (*outcomes)[place] = std::move(*outcome);  // a relationship that ended meanwhile has no outcome
}

}  // namespace

v1::Relationship EntenteRelationships::message_of(const trust::RelationshipStatus& status) const {
  const trust::RecordPtr record = parts_.ledger.current()->find_any(status.relationship->trust_domain);
  return to_message(status, record.get());
}

Status EntenteRelationships::show(const spiffe::TrustDomain& trust_domain, v1::Relationship* message) const {
  const auto status = parts_.syncer.status(trust_domain);
  if (!status) return not_federated(trust_domain);
  *message = message_of(*status);
  return ok();
}

EntenteRelationships::Answer EntenteRelationships::list(v1::ListRelationshipsResponse* response) {
  for (const trust::RelationshipStatus& status : parts_.syncer.statuses())
    *response->add_relationships() = message_of(status);
  co_return ok();
}

EntenteRelationships::Answer EntenteRelationships::get(const v1::GetRelationshipRequest* request,
                                                       v1::GetRelationshipResponse* response) {
  const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
  if (!domain) co_return domain.error();
  co_return show(*domain, response->mutable_relationship());
}

EntenteRelationships::Answer EntenteRelationships::create(const v1::CreateRelationshipRequest* request,
                                                          v1::CreateRelationshipResponse* response, trust::Actor by) {
  if (!request->has_definition()) co_return no_definition();
  Result<trust::Relationship> relationship = new_relationship(request->definition());
  if (!relationship) co_return relationship.error();
  const spiffe::TrustDomain domain = relationship->trust_domain;
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  const Status created = co_await parts_.relationships.create(*std::move(relationship), std::move(by));
  if (!created) co_return created.error();
  co_return show(domain, response->mutable_relationship());
}

EntenteRelationships::Answer EntenteRelationships::update(const v1::UpdateRelationshipRequest* request,
                                                          v1::UpdateRelationshipResponse* response, trust::Actor by) {
  if (!request->has_definition()) co_return no_definition();
  const Result<spiffe::TrustDomain> domain = read_domain(request->definition().trust_domain());
  if (!domain) co_return domain.error();
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  const trust::RelationshipPtr current = parts_.relationships.find(*domain);
  if (!current) co_return not_federated(*domain);
  Result<trust::Relationship> relationship = updated(*current, request->definition());
  if (!relationship) co_return relationship.error();
  const Status done = co_await parts_.relationships.update(*std::move(relationship), std::move(by));
  if (!done) co_return done.error();
  co_return show(*domain, response->mutable_relationship());
}

EntenteRelationships::Answer EntenteRelationships::erase(const v1::DeleteRelationshipRequest* request,
                                                         trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
  if (!domain) co_return domain.error();
  const auto lock = co_await calls_.one_change();
  if (!lock) co_return lock.error();
  co_return co_await parts_.relationships.erase(*domain, std::move(by));
}

// All polls at once: the answer takes as long as the slowest.
EntenteRelationships::Answer EntenteRelationships::refresh(const v1::RefreshRelationshipsRequest* request,
                                                           v1::RefreshRelationshipsResponse* response) {
  std::vector<spiffe::TrustDomain> wanted;
  for (const std::string& text : request->trust_domains()) {
    const Result<spiffe::TrustDomain> domain = read_domain(text);
    if (!domain) co_return domain.error();
    if (!parts_.syncer.status(*domain)) co_return not_federated(*domain);
    wanted.push_back(*domain);
  }
  if (request->trust_domains().empty())
    for (const trust::RelationshipStatus& status : parts_.syncer.statuses())
      wanted.push_back(status.relationship->trust_domain);
  const std::vector<trust::RelationshipStatus> outcomes = co_await refresh_all(std::move(wanted));
  for (const trust::RelationshipStatus& status : outcomes) *response->add_relationships() = message_of(status);
  co_return ok();
}

asio::awaitable<std::vector<trust::RelationshipStatus>> EntenteRelationships::refresh_all(
    std::vector<spiffe::TrustDomain> domains) {
  const auto places = std::make_shared<Outcomes>(domains.size());
  std::vector<asio::awaitable<void>> polls;
  for (std::size_t i = 0; i < domains.size(); ++i) polls.push_back(refresh_one(parts_.syncer, domains[i], places, i));
  const Status joined = co_await join(parts_.control, std::move(polls));
  static_cast<void>(joined);  // cancelled: what has come so far
  std::vector<trust::RelationshipStatus> outcomes;
  for (auto& outcome : *places)
    if (outcome) outcomes.push_back(std::move(*outcome));
  co_return outcomes;
}

EntenteRelationships::Answer EntenteRelationships::accept_next(const v1::AcceptNextBundleRequest* request,
                                                               trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
  if (!domain) co_return domain.error();
  if (const Status reason = check_reason(request->reason()); !reason) co_return reason.error();
  co_return co_await parts_.syncer.accept_next(*domain, request->reason(), std::move(by));
}

}  // namespace entente::syncer
